import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRegularFile } from './regular-file';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-regular-'));
  writeFileSync(join(dir, 'file'), 'text');
  symlinkSync(join(dir, 'loop'), join(dir, 'loop'));
  spawnSync('mkfifo', [join(dir, 'pipe')]);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('reads a file', () => {
  expect(readRegularFile(join(dir, 'file')).toString()).toBe('text');
});

it.each([
  ['missing', 'expected a table, found nothing'],
  ['file/below', 'expected a table, found nothing'],
  ['.', 'found a folder'],
  ['loop', 'ELOOP'],
])('refuses %s', (name, message) => {
  expect(() => readRegularFile(join(dir, name), 'a table')).toThrow(message);
});

it.skipIf(process.platform === 'win32')('refuses a pipe and a device without waiting', () => {
  expect(() => readRegularFile(join(dir, 'pipe'))).toThrow('expected a file, found a pipe');
  expect(() => readRegularFile('/dev/zero')).toThrow('expected a file, found a device');
});

it('refuses a file above the limit before it reads', () => {
  expect(() => readRegularFile(join(dir, 'file'), 'a file', 3)).toThrow('of at most 3 bytes, found 4');
});
