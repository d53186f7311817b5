import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insideOf } from './inside-of';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-inside-'));
  mkdirSync(join(dir, 'in', 'sub'), { recursive: true });
  mkdirSync(join(dir, 'out'));
  symlinkSync(join(dir, 'out'), join(dir, 'in', 'escape'));
  symlinkSync(join(dir, 'in'), join(dir, 'link-to-in'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it.each(['a', 'a/b.png', 'sub/x', './a', 'a/../b', '..a', 'a..b/c'])('lets %j pass', (path) => {
  expect(insideOf(join(dir, 'in'), path)).toBe(join(dir, 'in', path));
  expect(insideOf(join(dir, 'not', 'there'), path)).toBe(join(dir, 'not', 'there', path));
  expect(insideOf(join(dir, 'link-to-in'), path)).toBe(join(dir, 'link-to-in', path));
});

it.each(['..', '.', '', '../x', 'a/../../x', '/etc/passwd', 'C:/x', 'a\0b', 'sub/../..', 'escape/x'])(
  'refuses %j',
  (path) => {
    expect(() => insideOf(join(dir, 'in'), path)).toThrow('expected a path inside this folder');
  },
);
