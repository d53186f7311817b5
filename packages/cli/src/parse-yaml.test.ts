import { expect, it } from 'vitest';
import { parseYaml } from './parse-yaml';

it('reads YAML and JSON', () => {
  expect(parseYaml('a: &x {b: [1, two]}\nc: *x\n')).toEqual({ a: { b: [1, 'two'] }, c: { b: [1, 'two'] } });
  expect(parseYaml('{"a": null}')).toEqual({ a: null });
});

it.each([
  ['a: 1\nb: 2\na: 3', 'the key "a" twice'],
  ['x: {1: a, "1": b}', 'the key "1" twice'],
  ['['.repeat(50_000), 'more than 100 levels'],
  ['- '.repeat(50_000), 'more than 100 levels'],
  [`- &a x\n${'- *a\n'.repeat(10_000)}`, 'aliases that multiply'],
  ['a: &a [*a]', /circular|alias/i],
  ['a: {', /at line 1/],
])('refuses %.20j', (text, message) => {
  expect(() => parseYaml(text)).toThrow(message);
});

it('grows linearly with the number of keys', () => {
  // the library's own check compares every pair: 28,000 keys took 15 s
  const text = Array.from({ length: 28_000 }, (_, i) => `k${i}: 1`).join('\n');
  expect(Object.keys(parseYaml(text) as object)).toHaveLength(28_000);
}, 10_000);
