import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { finishReplacement, replaceFolder } from './replace-folder';

let dir: string;
let target: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-replace-'));
  target = join(dir, 'set');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function folder(name: string, content: string): string {
  mkdirSync(join(dir, name));
  writeFileSync(join(dir, name, 'a'), content);
  return join(dir, name);
}
const content = (): string => readFileSync(join(target, 'a'), 'utf8');
const ASIDE = `.set.${2 ** 30}.0123456789ab.old`; // of a process that is gone

it('takes a free name, and replaces a folder', () => {
  replaceFolder(folder('new', '1'), target);
  expect(content()).toBe('1');
  replaceFolder(folder('new', '2'), target);
  expect(content()).toBe('2');
  expect(readdirSync(dir)).toEqual(['set']);
});

it('leaves the old folder where the new one cannot take its place', () => {
  folder('set', 'old');
  expect(() => replaceFolder(join(dir, 'missing'), target)).toThrow();
  expect(content()).toBe('old');
  expect(readdirSync(dir)).toEqual(['set']);
});

it('brings the old folder back after a kill between the two renames', () => {
  folder('set', 'old');
  renameSync(target, join(dir, ASIDE));
  finishReplacement(target);
  expect(content()).toBe('old');
});

it('removes the old folder after a kill before its removal', () => {
  folder('set', 'new');
  folder(ASIDE, 'old');
  finishReplacement(target);
  expect(content()).toBe('new');
  expect(existsSync(join(dir, ASIDE))).toBe(false);
});

it('touches nothing that is not its own', () => {
  const others = [
    '.set.old',
    '.set.1.old',
    '.settings.1.0123456789ab.old',
    `.set.${process.ppid}.0123456789ab.old`,
  ];
  for (const name of others) folder(name, 'theirs');
  finishReplacement(target);
  expect(readdirSync(dir).sort()).toEqual([...others].sort());
});
