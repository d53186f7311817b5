import { closeSync, existsSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { StudyImages } from '@raca/data/node';
import { convertPathToPattern, globSync, isDynamicPattern } from 'tinyglobby';
import { isTable, studiesOfTable } from './study-table';

/**
 * Finds studies by their image files. Each source is one of
 * - a folder: each folder in it (at any depth) that holds images is a study, its images in the order of their names; an
 *   image directly in the folder is a study of its own. Where several folders are named, each is a study itself
 *   if it holds images;
 * - a table: CSV, TSV, JSON or JSON Lines, see {@link studiesOfTable};
 * - an image file: a study of its own;
 * - a pattern such as `cases/2024-*`: folders as above, files by the folder that they lie in; files that lie where the pattern
 *   begins are studies of their own.
 *
 * Ids are paths relative to the source. Hidden files and those that are no images are passed over.
 *
 * @throws Error in one line: nothing found, or two studies of one id
 */
export function findStudies(sources: readonly string[]): StudyImages[] {
  const studies = sources.flatMap((source) => studiesOf(source, sources.length > 1));
  const first = new Map<string, StudyImages>();
  for (const study of studies) {
    const same = first.get(study.id);
    if (same) {
      throw new Error(
        `expected ids used once, found "${study.id}" for ${same.images[0]} and for ${study.images[0]}; a table can give them ids`,
      );
    }
    first.set(study.id, study);
  }
  return studies;
}

function studiesOf(source: string, isOneOfMany: boolean): StudyImages[] {
  const stat = statSync(source, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return inFolder(source, isOneOfMany);
  if (stat)
    return isTable(source) ? studiesOfTable(source) : [{ id: stem(basename(source)), images: [source] }];
  if (isDynamicPattern(source)) return byPattern(source);
  throw new Error(
    `${source}: expected a folder, a table (CSV, JSON, JSONL), an image or a pattern, found nothing`,
  );
}

/** No study has more radiographs: a folder with more is one of many studies. */
const CROWDED = 12;

function inFolder(folder: string, isStudy: boolean): StudyImages[] {
  if (existsSync(join(folder, 'annotation.json')))
    throw new Error(`${folder}: expected a folder of studies, found a data set folder (it goes with --data)`);
  const studies = grouped(imagesBelow(folder), isStudy ? dirname(join(folder, '.')) : folder);
  if (studies.length === 0) throw new Error(`${folder}: expected folders with images, found no image`);
  const crowded =
    isStudy &&
    studies.find(({ images }) => images.length > CROWDED && dirname(images[0]) === join(folder, '.'));
  if (crowded) {
    throw new Error(
      `${folder}: expected the images of one study, found ${crowded.images.length}; where each is a study, ` +
        `name the folder alone or as a pattern: '${join(folder, '*')}'`,
    );
  }
  return studies;
}

function byPattern(pattern: string): StudyImages[] {
  const normal = sep === '/' ? pattern : pattern.replaceAll(sep, '/');
  const found = globSync(normal, { onlyFiles: false, expandDirectories: false, absolute: false }).map(
    (path) => path.replace(/\/$/, ''),
  );
  const base = staticPart(normal);
  const files = found.flatMap((path) =>
    statSync(path).isDirectory() ? imagesBelow(path) : isImage(path) ? [path] : [],
  );
  const studies = grouped([...new Set(files)], base);
  if (studies.length === 0)
    throw new Error(`${pattern}: expected a pattern of folders or images, found none`);
  return studies;
}

/** The folders of a pattern before the first wildcard. */
function staticPart(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => convertPathToPattern(part) !== part || isDynamicPattern(part));
  return parts.slice(0, first < 0 ? -1 : first).join('/') || (pattern.startsWith('/') ? '/' : '.');
}

/** Images by folder; those that lie in `base` itself one by one. In the order of their names. */
function grouped(files: readonly string[], base: string): StudyImages[] {
  const folders = new Map<string, string[]>();
  for (const file of [...files].sort(byName)) {
    const folder = relative(base, dirname(file));
    const images = folders.get(folder);
    if (images) images.push(file);
    else folders.set(folder, [file]);
  }
  const own = folders.get('') ?? [];
  folders.delete('');
  const uses = new Map<string, number>();
  for (const name of [...own.map((file) => stem(basename(file))), ...folders.keys()])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  const single = own.map((file) => {
    const short = stem(basename(file));
    return { id: uses.get(short) === 1 ? short : basename(file), images: [file] };
  });
  return [...single, ...[...folders].map(([folder, images]) => ({ id: slashes(folder), images }))];
}

/** Image files at any depth. A link to a folder that holds the link is passed over. */
function imagesBelow(folder: string, above: readonly string[] = []): string[] {
  const real = realpathSync(folder);
  if (above.some((path) => path === real || path.startsWith(join(real, sep)))) return [];
  return readdirSync(folder).flatMap((name) => {
    if (name.startsWith('.')) return [];
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return imagesBelow(path, [...above, real]);
    return stat?.isFile() && isImage(path) ? [path] : [];
  });
}

/** By name, or else by the first bytes: DICOM files often have names without an ending. */
function isImage(path: string): boolean {
  if (/\.(?:png|jpe?g|dcm|dicom)$/i.test(path)) return true;
  if (/^DICOMDIR$/i.test(basename(path)) || /\.(?:txt|csv|tsv|jsonl?|xml|html?|md|pdf|zip|gz)$/i.test(path))
    return false;
  const head = Buffer.alloc(132);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  const begins = head.toString('latin1', 0, 4);
  return begins === '\x89PNG' || begins.startsWith('\xff\xd8\xff') || head.toString('latin1', 128) === 'DICM';
}

const collator = new Intl.Collator('en', { numeric: true });
const byName = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1);
const stem = (name: string): string => name.replace(/(?<=.)\.(?:png|jpe?g|dcm|dicom)$/i, '');
const slashes = (path: string): string => path.split(sep).join('/');
