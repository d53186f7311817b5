import { expect, it } from 'vitest';
import { guardedCell, withoutGuard } from './spreadsheet-cell';

it.each(['=1+1', '+1', '-x', '@SUM(A1)', '\t=1', '\r=1', '- clear lungs .'])('guards %j', (text) => {
  expect(guardedCell(text)).toBe(`'${text}`);
  expect(withoutGuard(guardedCell(text))).toBe(text);
});

it.each(['', 'heart', '-1', '-0.5e-7', "'quoted'", -3, null, undefined])('leaves %j', (cell) => {
  expect(guardedCell(cell)).toBe(cell);
  if (typeof cell === 'string') expect(withoutGuard(cell)).toBe(cell);
});
