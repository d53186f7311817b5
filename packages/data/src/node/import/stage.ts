import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../errors';

/** What stands in the place of an import: nothing, its complete result, an import of other options, other files. */
export type Place = 'free' | 'same' | 'other import' | 'taken';

const importManifest = z.looseObject({ recipe: z.looseObject({ kind: z.literal('import') }) });

export function placeOf(out: string, recipe: unknown): Place {
  if (!existsSync(out)) return 'free';
  try {
    const entries = readdirSync(out);
    if (entries.length === 0) return 'free';
    const manifest = importManifest.safeParse(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')));
    if (!manifest.success) return 'taken';
    const same = JSON.stringify(manifest.data.recipe) === JSON.stringify(recipe);
    return same && entries.includes('annotation.json') ? 'same' : 'other import';
  } catch {
    return 'taken';
  }
}

/**
 * Makes a folder in a hidden sibling that takes the name `out` at the end. After a failure or a kill the sibling stays,
 * and the next call with the same recipe goes on with what is in it; one with another recipe empties it.
 *
 * @throws DataError while another process works on the same folder
 */
export async function inStage(
  out: string,
  recipe: unknown,
  replace: boolean,
  fill: (dir: string) => Promise<void>,
): Promise<void> {
  const target = resolve(out);
  const stage = join(dirname(target), `.${basename(target)}.import`);
  const lock = join(stage, '.lock');
  const mark = join(stage, '.recipe');
  try {
    mkdirSync(stage, { recursive: true });
  } catch (error) {
    throw new DataError(
      `${out}: expected a place for a folder, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  takeLock(lock, out);
  try {
    const text = JSON.stringify(recipe);
    if (!existsSync(mark) || readFileSync(mark, 'utf8') !== text) {
      for (const entry of readdirSync(stage)) {
        if (entry !== '.lock') rmSync(join(stage, entry), { recursive: true, force: true });
      }
      writeFileSync(mark, text);
    }
    removeHalfWritten(stage);
    await fill(stage);
    if (existsSync(target)) {
      if (!replace && readdirSync(target).length > 0)
        throw new DataError(`${out}: expected a missing or empty folder, found files`);
      await rm(target, { recursive: true });
    }
    rmSync(mark);
    rmSync(lock);
    await rename(stage, target);
  } finally {
    rmSync(lock, { force: true });
    if (existsSync(stage) && !existsSync(join(stage, 'images')))
      rmSync(stage, { recursive: true, force: true });
  }
}

/** Files that a killed process had not finished. */
function removeHalfWritten(stage: string): void {
  if (!existsSync(join(stage, 'images'))) return;
  for (const entry of readdirSync(join(stage, 'images'), { recursive: true })) {
    if (/\.\d+\.(tmp|source)$/.test(String(entry)))
      rmSync(join(stage, 'images', String(entry)), { force: true });
  }
}

function takeLock(lock: string, out: string): void {
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      const held = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : '');
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw error;
      if (held !== process.pid && isRunning(held))
        throw new DataError(
          `${out}: expected a folder that nobody works on, found an import by process ${held}`,
        );
      rmSync(lock, { force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
