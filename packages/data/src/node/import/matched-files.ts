import { DataError } from '../../errors';
import type { ImportStudy } from '../../import/study';
import type { FoundImage } from './images';

/**
 * The file of each path that a table names: their names agree from the end, as far as the shorter goes, whatever the extension.
 *
 * @returns by the keys of the studies' images
 * @throws DataError if two paths lead to one file
 */
export function filesByPath(
  studies: readonly ImportStudy[],
  files: readonly FoundImage[],
): Map<string, FoundImage> {
  const whole = new Map<string, FoundImage>(); // by the whole name below the root
  const tails = new Map<string, FoundImage | null>(); // by every end of it; null for several files
  for (const file of files) {
    const name = parts(file.name);
    whole.set(name.join('/'), file);
    for (let i = 0; i < name.length; i++) {
      const tail = name.slice(i).join('/');
      tails.set(tail, tails.has(tail) ? null : file);
    }
  }
  const found = new Map<string, FoundImage>();
  const used = new Map<FoundImage, string>();
  for (const path of studies.flatMap(({ images }) => images.flatMap(({ keys }) => keys))) {
    const name = parts(path);
    let file = tails.get(name.join('/')) ?? undefined;
    for (let i = 1; i < name.length && !file; i++) file = whole.get(name.slice(i).join('/'));
    if (!file) continue;
    const other = used.get(file);
    if (other !== undefined && other !== path)
      throw new DataError(
        `${file.root}: expected one path for ${file.name}, found ${other} and ${path}: name a folder further up`,
      );
    used.set(file, path);
    found.set(path, file);
  }
  return found;
}

const parts = (path: string): string[] =>
  path
    .replace(/\.(?:\w{2,5})$/, '')
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
