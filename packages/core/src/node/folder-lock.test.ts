import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isLocked, lockFolder } from './folder-lock';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (holder: unknown): void => writeFileSync(join(dir, '.lock'), JSON.stringify(holder));

it('holds a folder until it is given back', () => {
  expect(isLocked(dir)).toBe(false);
  const release = lockFolder(dir, 'a training');
  expect(isLocked(dir)).toBe(true);
  expect(() => lockFolder(dir, 'a training')).toThrow(`found a training by process ${process.pid}`);
  release();
  release();
  expect(existsSync(join(dir, '.lock'))).toBe(false);
  lockFolder(dir, 'a training')();
});

it('takes over from a process that is gone', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  write({ pid: child.pid, host: hostname() });
  lockFolder(dir, 'a training')();
});

it('takes over from an earlier process of the same id', () => {
  write({ pid: process.ppid, host: hostname(), began: '1' });
  if (process.platform === 'linux') lockFolder(dir, 'a training')();
  write({ pid: process.ppid, host: hostname() });
  expect(() => lockFolder(dir, 'a training')).toThrow(`by process ${process.ppid}`);
});

it('respects a lock of another machine, and says how to end it', () => {
  write({ pid: 1, host: 'elsewhere' });
  expect(() => lockFolder(dir, 'a training')).toThrow(
    /process 1 on elsewhere \(if that has ended, remove .*\.lock\)$/,
  );
});

it.each(['', 'garbage', '{"pid": "1"}', '[]', 'null'])('takes over a damaged lock: %j', (text) => {
  writeFileSync(join(dir, '.lock'), text);
  lockFolder(dir, 'a training')();
});
