import { expect, it } from 'vitest';
import { expOfMinus, quickLog } from './quick-math';

const range = (from: number, to: number, n: number): number[] =>
  Array.from({ length: n }, (_, k) => from + ((to - from) * k) / n);

it('has exponentials within 1e-12, in and beyond the table', () => {
  for (const x of [...range(-1, 18, 20011), 0, 1 / 128, 15.999999, 16]) {
    expect(Math.abs(expOfMinus(x) / Math.exp(-x) - 1)).toBeLessThan(1e-12);
  }
  expect(expOfMinus(0)).toBe(1);
  expect(expOfMinus(Number.NaN)).toBeNaN();
});

it('has logarithms within 1e-8, in and beyond the table', () => {
  for (const x of [...range(1e-5, 5, 20011), 2 ** -14, 0.99999999, 1, 3.99999999, 4]) {
    expect(Math.abs(quickLog(x) - Math.log(x))).toBeLessThan(1e-8);
  }
  expect(quickLog(0)).toBe(-Infinity);
  expect(quickLog(-1)).toBeNaN();
});
