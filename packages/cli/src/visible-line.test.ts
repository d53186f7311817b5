import { expect, it } from 'vitest';
import { printable, visible } from './visible-line';

it('shows what would act on a terminal', () => {
  expect(visible('\u001b[2Jgone\r\n')).toBe('\\x1b[2Jgone\\r\\n');
  expect(visible('a\u0007\u009b31m')).toBe('a\\x07\\x9b31m');
  expect(visible('abc\u202efdp.exe\u2066')).toBe('abc\\u202efdp.exe\\u2066');
});

it('leaves texts of every language as they are', () => {
  for (const text of ['größer', '肺野清晰', 'الرئتان صافيتان', '🫁']) {
    expect(visible(text)).toBe(text);
    expect(printable(text)).toBe(text);
  }
});

it('keeps lines and columns of output, and the meaning of JSON', () => {
  expect(printable('a\tb\nc\u001b')).toBe('a\tb\nc\\u001b');
  const value = { report: 'a\u001bb\u202ec\u{e0001}\ud800', n: 1 };
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
});
