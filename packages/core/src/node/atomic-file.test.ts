import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeHalfWritten, writeFileAtomic } from './atomic-file';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-atomic-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Greater than any process id that Linux gives. */
const NOBODY = 2 ** 30;

it('writes a file whole and leaves nothing beside it', () => {
  writeFileAtomic(join(dir, 'sub', 'a.txt'), ['one ', Buffer.from('two')]);
  expect(readFileSync(join(dir, 'sub', 'a.txt'), 'utf8')).toBe('one two');
  expect(readdirSync(join(dir, 'sub'))).toEqual(['a.txt']);
});

it('keeps the mode of the file that it replaces', () => {
  const file = join(dir, 'secret.json');
  writeFileSync(file, 'old');
  chmodSync(file, 0o600);
  writeFileAtomic(file, 'new');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('replaces a link and never writes through it', () => {
  const foreign = join(dir, 'foreign');
  writeFileSync(foreign, 'theirs');
  symlinkSync(foreign, join(dir, 'a.txt'));
  writeFileAtomic(join(dir, 'a.txt'), 'ours');
  expect(readFileSync(foreign, 'utf8')).toBe('theirs');
  expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('ours');
});

it('names the file when the disk refuses, and leaves the old one', () => {
  const file = join(dir, 'taken');
  mkdirSync(join(file, 'x'), { recursive: true });
  expect(() => writeFileAtomic(file, 'new')).toThrow(new RegExp(`^${file}: `));
  const text = join(dir, 'text');
  writeFileSync(text, 'old');
  expect(() => writeFileAtomic(join(text, 'below'), 'new')).toThrow(/found a (file|folder)|ENOTDIR/);
  expect(readFileSync(text, 'utf8')).toBe('old');
  expect(readdirSync(dir).sort()).toEqual(['taken', 'text']);
});

it('takes names as long as the file system does', () => {
  const name = 'ä'.repeat(126); // 252 bytes
  writeFileAtomic(join(dir, name), 'x');
  expect(readdirSync(dir)).toEqual([name]);
});

it('removes temporary files of processes that are gone, and none of the living', () => {
  const alive = `.a.txt.${process.ppid}.0123456789ab.tmp`;
  for (const name of [`.a.txt.${NOBODY}.0123456789ab.tmp`, `.b.${NOBODY}.tmp`, alive, '.notes.tmp', 'a.txt'])
    writeFileSync(join(dir, name), '');
  removeHalfWritten(dir);
  expect(readdirSync(dir).sort()).toEqual([alive, '.notes.tmp', 'a.txt'].sort());
  removeHalfWritten(join(dir, 'missing'));
  expect(existsSync(join(dir, 'missing'))).toBe(false);
});
