import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  asDiskError,
  finishReplacement,
  insideOf,
  isSystemError,
  lockFolder,
  replaceFolder,
  writeFileAtomic,
} from '@raca/core/node';
import { z } from 'zod';
import { DataError } from '../../errors';
import { UNFINISHED } from './images';

/** What stands in the place of an import: nothing, its complete result, an import of other options, other files. */
export type Place = 'free' | 'same' | 'other import' | 'taken';

const importManifest = z.looseObject({ recipe: z.looseObject({ kind: z.literal('import') }) });

/** Puts right first what a kill at the end of an import left. @throws Error where the disk cannot be read */
export function placeOf(out: string, recipe: unknown): Place {
  finishReplacement(out);
  if (!existsSync(out)) return 'free';
  try {
    const entries = readdirSync(out);
    if (entries.length === 0) return 'free';
    const manifest = importManifest.safeParse(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')));
    if (!manifest.success) return 'taken';
    const same = JSON.stringify(manifest.data.recipe) === JSON.stringify(recipe);
    return same && entries.includes('annotation.json') ? 'same' : 'other import';
  } catch (error) {
    if (isSystemError(error)) throw asDiskError(error, out);
    return 'taken';
  }
}

/**
 * Makes a folder in a hidden sibling that takes the name `out` at the end; a folder that is replaced stays whole until then.
 * After a failure or a kill the sibling stays, and the next call with the same recipe goes on with what is in it; one with
 * another recipe empties it. A sibling that no import made is never touched.
 *
 * @throws DataError while another process works on the same folder, or where the sibling is somebody else's
 */
export async function inStage(
  out: string,
  recipe: unknown,
  replace: boolean,
  fill: (dir: string) => Promise<void>,
): Promise<void> {
  const target = resolve(out);
  const stage = join(dirname(target), `.${basename(target)}.import`);
  const mark = join(stage, MARK);
  try {
    mkdirSync(dirname(target), { recursive: true });
    requireOurs(stage);
    mkdirSync(stage, { recursive: true });
  } catch (error) {
    throw error instanceof DataError ? error : asDiskError(error, out);
  }
  const release = lockFolder(stage, 'an import');
  try {
    const text = JSON.stringify(recipe);
    if (!existsSync(mark) || readFileSync(mark, 'utf8') !== text) {
      for (const entry of readdirSync(stage)) {
        if (entry !== '.lock') rmSync(insideOf(stage, entry), { recursive: true, force: true });
      }
      writeFileAtomic(mark, text);
    }
    removeUnfinishedImages(stage);
    await fill(stage);
    if (!replace && existsSync(target) && readdirSync(target).length > 0)
      throw new DataError(`${out}: expected a missing or empty folder, found files`);
    rmSync(mark);
    release();
    replaceFolder(stage, target);
  } finally {
    release();
    if (existsSync(stage) && !existsSync(join(stage, 'images')))
      rmSync(stage, { recursive: true, force: true });
  }
}

/** Says that a folder is the unfinished work of an import, and of which. */
const MARK = '.recipe';

/** @throws DataError where something else has the name of the stage */
function requireOurs(stage: string): void {
  const stat = lstatSync(stage, { throwIfNoEntry: false });
  if (stat === undefined) return;
  const entries = stat.isDirectory() ? readdirSync(stage) : [];
  const ours =
    stat.isDirectory() && (entries.includes(MARK) || entries.every((name) => /^\.lock/.test(name)));
  if (ours) return;
  const found = stat.isDirectory() ? 'other files' : stat.isSymbolicLink() ? 'a link' : 'a file';
  throw new DataError(
    `${stage}: expected nothing or the unfinished work of an import, found ${found}: move it away`,
  );
}

/** Files that a killed process had not finished. */
function removeUnfinishedImages(stage: string): void {
  const images = join(stage, 'images');
  if (!existsSync(images)) return;
  for (const entry of readdirSync(images, { recursive: true })) {
    if (UNFINISHED.test(String(entry))) rmSync(insideOf(images, String(entry)), { force: true });
  }
}
