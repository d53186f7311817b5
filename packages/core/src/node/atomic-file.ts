import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRunning } from './folder-lock';
import { asDiskError } from './system-error';

/**
 * Writes a file so that a reader sees the old bytes or all of the new ones, whatever happens in between: temporary name
 * in the same folder, sync, rename, sync of the folder. Missing folders are made. Large content may come in pieces.
 * A file that is replaced passes on its mode, and its owner where that is allowed; a link in its place is replaced, never
 * written through.
 *
 * @throws Error in one line that names the file: a full disk, a missing permission, a folder in the way
 */
export function writeFileAtomic(
  path: string,
  data: Uint8Array | string | Iterable<Uint8Array | string>,
): void {
  const folder = dirname(path);
  let temporary: string | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    const name = temporaryName(path);
    const file = openSync(name, 'wx'); // never an existing file, never through a link
    temporary = name;
    try {
      for (const piece of typeof data === 'string' || data instanceof Uint8Array ? [data] : data) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    likeBefore(path, temporary);
    renameSync(temporary, path);
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw asDiskError(error, path);
  }
  syncFolder(folder);
}

/** A name beside `path` that nobody can foresee; it tells which process it belongs to. */
function temporaryName(path: string): string {
  const name = `.${shortened(basename(path))}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  return join(dirname(path), name);
}

/** Room for the rest of the temporary name in the 255 bytes that file systems allow. */
function shortened(name: string): string {
  return Buffer.byteLength(name) <= 200
    ? name
    : Buffer.from(name)
        .subarray(0, 200)
        .toString('latin1')
        .replace(/[^\w.-]/g, '_');
}

const TEMPORARY = /^\..+\.(\d+)\.(?:[0-9a-f]{12}\.)?tmp$/;

/**
 * Removes what processes that no longer run left half-written by {@link writeFileAtomic} in a folder; temporary files of
 * running processes stay.
 */
export function removeHalfWritten(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw asDiskError(error, folder);
  }
  for (const name of names) {
    const [, pid] = TEMPORARY.exec(name) ?? [];
    if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid))))
      rmSync(join(folder, name), { force: true });
  }
}

/** Mode and owner of the file that `temporary` will replace. */
function likeBefore(path: string, temporary: string): void {
  let before: Stats;
  try {
    before = lstatSync(path);
  } catch {
    return; // a new file
  }
  if (!before.isFile()) return;
  chmodSync(temporary, before.mode & 0o7777);
  const own = lstatSync(temporary);
  if (own.uid === before.uid && own.gid === before.gid) return;
  try {
    chownSync(temporary, before.uid, before.gid);
    chmodSync(temporary, before.mode & 0o7777); // a change of owner clears some bits
  } catch {
    // only the administrator may give files away
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
