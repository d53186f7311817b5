import { expect, it } from 'vitest';
import { visible } from './visible';

it('shows what would act on a terminal', () => {
  expect(visible('\u001b[2Jgone')).toBe('\\u001b[2Jgone');
  expect(visible('a\rb\u0007\u009b31m')).toBe('a\\u000db\\u0007\\u009b31m');
  expect(visible('abc\u202efdp.exe\u2066')).toBe('abc\\u202efdp.exe\\u2066');
});

it('leaves texts of every language as they are', () => {
  for (const text of ['zwei\nZeilen\tund', 'größer', '肺野清晰', 'الرئتان صافيتان', '🫁'])
    expect(visible(text)).toBe(text);
});

it('changes no meaning of JSON', () => {
  const value = { report: 'a\u001bb\u202ec', n: 1 };
  expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
});
