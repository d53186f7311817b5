import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { asDiskError, finishReplacement, isRunning, replaceFolder } from '@raca/core/node';
import { DataError } from '../errors';

/**
 * Fills a folder as a whole: `fill` writes into a hidden sibling, which then takes the name `out`. A failure,
 * an interrupt or a kill leaves `out` as it was; leftovers of a killed run are removed by the next one. On SIGINT,
 * SIGTERM and SIGHUP the signal of `fill` is aborted, the sibling removed, and the signal raised again.
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
  try {
    await mkdir(parent, { recursive: true });
  } catch (error) {
    throw asDiskError(error, out);
  }
  finishReplacement(target);
  removeLeftovers(parent, basename(target));
  const name = `.${basename(target)}.${process.pid}.${randomBytes(6).toString('hex')}.partial`;
  const temporary = join(parent, name);
  const interrupt = new AbortController();
  let raised: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    for (const name of SIGNALS) process.off(name, stop); // a second one ends the process at once
    raised = signal;
    interrupt.abort(new Error(`stopped by ${signal}`));
  };
  for (const name of SIGNALS) process.on(name, stop);
  try {
    await mkdir(temporary);
    await fill(temporary, interrupt.signal);
    interrupt.signal.throwIfAborted();
    if (!replace && existsSync(target) && readdirSync(target).length > 0)
      throw new DataError(`${out}: expected a missing or empty folder, found files`);
    replaceFolder(temporary, target);
  } catch (error) {
    throw asDiskError(error, out);
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    if (raised) process.kill(process.pid, raised); // goes on to whoever listens, or ends the process
  }
}

/** What ends a command: Ctrl-C, a request to stop, a closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Removes `.<name>.<pid>.<random>.partial` of processes that no longer run. */
function removeLeftovers(parent: string, name: string): void {
  for (const entry of readdirSync(parent)) {
    if (!entry.startsWith(`.${name}.`)) continue;
    const [, pid] = /^(\d+)\.[0-9a-f]{12}\.partial$/.exec(entry.slice(name.length + 2)) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(parent, entry), { recursive: true, force: true });
  }
}

/** What `out` holds: nothing, a complete phantom of the same recipe, another phantom, or something else. */
export function stateOf(out: string, recipe: unknown): 'free' | 'same' | 'other phantom' | 'taken' {
  finishReplacement(out);
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
