import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { walk } from './walk';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-walk-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array = name): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), content);
}

async function names(...roots: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of walk(roots)) found.push(name);
  return found;
}

it('walks files in the order of their numbers, linked folders last but for archives', async () => {
  put('b/10.txt');
  put('b/9.txt');
  put('z.zip', zipSync({ 'in.txt': new Uint8Array(1) }));
  put('.hidden/x');
  mkdirSync(join(dir, 'elsewhere'));
  const outside = mkdtempSync(join(tmpdir(), 'raca-walk-'));
  writeFileSync(join(outside, 'linked.txt'), '');
  symlinkSync(outside, join(dir, 'a'));
  expect(await names(dir)).toEqual(['b/9.txt', 'b/10.txt', 'a/linked.txt', 'in.txt']);
  rmSync(outside, { recursive: true });
});

it('walks each folder once, however its links go round', async () => {
  for (let i = 0; i < 8; i++) put(`d${i}/f${i}`);
  for (let i = 0; i < 8; i++) {
    for (let k = 0; k < 8; k++) symlinkSync(join(dir, `d${k}`), join(dir, `d${i}`, `to${k}`));
    symlinkSync(dir, join(dir, `d${i}`, 'up'));
  }
  symlinkSync('self', join(dir, 'self'));
  symlinkSync('missing', join(dir, 'nowhere'));
  expect(await names(dir)).toEqual(Array.from({ length: 8 }, (_, i) => `d${i}/f${i}`));
});

it.skipIf(process.platform === 'win32')('passes over pipes, and takes none as a root', async () => {
  put('a.txt');
  spawnSync('mkfifo', [join(dir, 'pipe')]);
  expect(await names(dir)).toEqual(['a.txt']);
  await expect(names(join(dir, 'pipe'))).rejects.toThrow('found a pipe, socket or device');
});

it('holds no more than it is allowed to', async () => {
  put('large.txt', 'x'.repeat(100));
  put('large.zip', zipSync({ 'in.txt': new Uint8Array(1000) }));
  for await (const file of walk([dir])) {
    await expect(file.read(99)).rejects.toThrow('expected at most 99 bytes, found more');
    await expect(file.copyTo(join(dir, 'copy'), 99)).rejects.toThrow('expected at most 99 bytes');
  }
});
