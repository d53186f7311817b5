import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { asDiskError } from './system-error';

/** Who holds a folder. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts; tells it from a later one of the same id. */
  readonly began?: string;
}

/**
 * Takes a folder for this process alone, by a file `.lock` that names it. A lock whose process no longer runs is taken
 * over.
 *
 * @param folder an existing folder
 * @param what the work under way, for the message of whoever comes second, e.g. `a training`
 * @returns gives the folder back; does nothing when called again
 * @throws Error in one line while another process holds it, also one of another machine that shares the disk
 */
export function lockFolder(folder: string, what: string): () => void {
  const lock = join(folder, '.lock');
  const own: Holder = { pid: process.pid, host: hostname(), began: beganAt(process.pid) };
  for (let attempt = 0; ; attempt++) {
    try {
      create(lock, JSON.stringify(own));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw asDiskError(error, lock);
    }
    const holder = readHolder(lock);
    if (holder && isHeld(holder, own)) {
      const where = holder.host === own.host ? '' : ` on ${holder.host} (if that has ended, remove ${lock})`;
      throw new Error(
        `${folder}: expected a folder that nobody works on, found ${what} by process ${holder.pid}${where}`,
      );
    }
    if (attempt > 20)
      throw new Error(`${lock}: expected a lock that can be taken, found one that comes back`);
    if (holder !== undefined) clear(lock, holder);
  }
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    const holder = readHolder(lock);
    if (holder?.pid === own.pid && holder.host === own.host) rmSync(lock, { force: true });
  };
}

/** The lock appears with its content, so that nobody reads an empty one. */
function create(lock: string, content: string): void {
  const draft = `${lock}.${process.pid}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, content, { flag: 'wx' });
  try {
    linkSync(draft, lock);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw error;
    writeFileSync(lock, content, { flag: 'wx' }); // a file system without hard links
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes a lock that nobody holds. Another process may do the same and take it meanwhile: theirs is put back. */
function clear(lock: string, stale: Holder | null): void {
  const aside = `${lock}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // gone already
  }
  const taken = readHolder(aside);
  if (JSON.stringify(taken) !== JSON.stringify(stale)) {
    try {
      linkSync(aside, lock);
    } catch {
      // a third one was quicker
    }
  }
  rmSync(aside, { force: true });
}

/** Undefined where there is no lock, null where it cannot be read. */
function readHolder(lock: string): Holder | null | undefined {
  try {
    const stat = lstatSync(lock, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (!stat.isFile() || stat.size > 4096) return null;
    const text = readFileSync(lock, 'utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value === 'number') return { pid: value, host: hostname() }; // as earlier versions wrote it
    const { pid, host, began } = value as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || typeof host !== 'string') return null;
    return { pid, host, ...(typeof began === 'string' && { began }) };
  } catch {
    return null;
  }
}

function isHeld(holder: Holder, own: Holder): boolean {
  if (holder.host !== own.host) return true; // its processes cannot be seen from here
  if (!isRunning(holder.pid)) return false;
  if (holder.pid === own.pid) return holder.began === own.began; // this process, elsewhere in its code
  return holder.began === undefined || holder.began === (beganAt(holder.pid) ?? holder.began);
}

/** Whether some process holds a folder by {@link lockFolder}. */
export function isLocked(folder: string): boolean {
  const holder = readHolder(join(folder, '.lock'));
  const own: Holder = { pid: process.pid, host: hostname(), began: beganAt(process.pid) };
  return holder !== null && holder !== undefined && isHeld(holder, own);
}

/** Whether a process of this machine runs. */
export function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Start time of a process in clock ticks since the machine came up; only where the system tells (Linux). */
function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
