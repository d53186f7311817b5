import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isRunning } from './folder-lock';
import { asDiskError } from './system-error';

/**
 * Gives a finished folder the name `target`. What lies there is set aside by a rename and removed last, so that at
 * every moment the old or the new folder is whole. After a kill in between, {@link finishReplacement} of the next
 * process puts things right.
 *
 * @param made a complete folder on the same disk, usually a sibling
 * @throws Error in one line; `target` then is as it was
 */
export function replaceFolder(made: string, target: string): void {
  const there = isThere(target);
  const aside = `${asidePrefix(target)}${process.pid}.${randomBytes(6).toString('hex')}.old`;
  try {
    if (there) renameSync(target, aside);
    try {
      renameSync(made, target);
    } catch (error) {
      if (there) renameSync(aside, target);
      throw error;
    }
  } catch (error) {
    throw asDiskError(error, target);
  }
  if (there) rmSync(aside, { recursive: true, force: true, maxRetries: 5 });
}

/** Ends what a killed {@link replaceFolder} of `target` had begun: the folder set aside comes back, or goes for good. */
export function finishReplacement(target: string): void {
  const folder = dirname(resolve(target));
  const prefix = basename(asidePrefix(target));
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // nothing is there yet
  }
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const [, pid] = /^(\d+)\.[0-9a-f]{12}\.old$/.exec(name.slice(prefix.length)) ?? [];
    if (pid === undefined || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
    const aside = join(folder, name);
    if (isThere(target)) rmSync(aside, { recursive: true, force: true, maxRetries: 5 });
    else renameSync(aside, target);
  }
}

const asidePrefix = (target: string): string =>
  join(dirname(resolve(target)), `.${basename(resolve(target))}.`);

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
