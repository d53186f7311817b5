import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../errors';

/**
 * Fills a folder as a whole: `fill` writes into a hidden sibling, which then takes the name `out`. A failure,
 * an interrupt or a kill leaves `out` as it was; leftovers of a killed run are removed by the next one. On SIGINT
 * and SIGTERM the signal of `fill` is aborted, the sibling removed, and the signal raised again.
 *
 * @param replace an existing folder may be replaced (after `fill` has succeeded)
 * @throws DataError if `out` exists and is not empty, unless `replace`
 */
export async function fillFolder(
  out: string,
  replace: boolean,
  fill: (dir: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const target = resolve(out);
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  removeLeftovers(parent, basename(target));
  const temporary = join(parent, `.${basename(target)}.${process.pid}.partial`);
  const interrupt = new AbortController();
  let raised: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop); // a second one ends the process at once
    raised = signal;
    interrupt.abort(new Error(`stopped by ${signal}`));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await mkdir(temporary);
    await fill(temporary, interrupt.signal);
    interrupt.signal.throwIfAborted();
    if (existsSync(target)) {
      if (!replace && readdirSync(target).length > 0) {
        throw new DataError(`${out}: expected a missing or empty folder, found files`);
      }
      await rm(target, { recursive: true });
    }
    await rename(temporary, target);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    if (raised) process.kill(process.pid, raised); // goes on to whoever listens, or ends the process
  }
}

/** Removes `.<name>.<pid>.partial` of processes that no longer run. */
function removeLeftovers(parent: string, name: string): void {
  for (const entry of readdirSync(parent)) {
    if (!entry.startsWith(`.${name}.`) || !entry.endsWith('.partial')) continue;
    const pid = Number(entry.slice(name.length + 2, -'.partial'.length));
    if (Number.isInteger(pid) && pid > 0 && !isRunning(pid))
      rmSync(join(parent, entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What `out` holds: nothing, a complete phantom of the same recipe, another phantom, or something else. */
export function stateOf(out: string, recipe: unknown): 'free' | 'same' | 'other phantom' | 'taken' {
  if (!existsSync(out)) return 'free';
  let entries: string[];
  try {
    entries = readdirSync(out);
  } catch {
    return 'taken';
  }
  if (entries.length === 0) return 'free';
  try {
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    if (!String(manifest.source).startsWith('phantom')) return 'taken';
    const complete = entries.includes('annotation.json') && entries.includes('regions.json');
    return complete && JSON.stringify(manifest.recipe) === JSON.stringify(recipe) ? 'same' : 'other phantom';
  } catch {
    return 'taken';
  }
}
