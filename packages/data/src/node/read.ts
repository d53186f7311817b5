import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, writeFileAtomic } from '@raca/core/node';
import { REGIONS } from '@raca/core/regions';
import {
  type Annotation,
  type Manifest,
  parseAnnotation,
  parseManifest,
  parseRegionTruth,
  placeChecker,
  type RegionTruth,
  SPLITS,
  type Split,
  type Study,
  studySchema,
  unknownRegions,
} from '../dataset';
import { DataError, parseOrThrow, shown } from '../errors';
import { Tokenizer } from '../text/tokenizer';
import type { PictureOptions } from './decode';
import { readJsonLists } from './json-lists';

/** An opened data set folder. */
export interface Dataset {
  readonly dir: string;
  readonly annotation: Annotation;
  readonly manifest?: Manifest;
  readonly regions?: RegionTruth;
  /** One line each: what was found odd and left out, such as unknown region names. */
  readonly warnings: readonly string[];
  /** How its images are read; by default as their files say. */
  readonly pictures?: PictureOptions;
}

/**
 * Opens a folder in R2Gen's layout: `annotation.json`, `images/`, and where present `manifest.json`, `regions.json`.
 *
 * @param options.pictures how images are read
 * @param options.checkImages look for every image file (default true); turn off to read reports alone
 * @throws DataError one line naming file, field, expected and found
 */
export function openDataset(
  dir: string,
  {
    checkImages = true,
    pictures,
  }: { readonly checkImages?: boolean; readonly pictures?: PictureOptions } = {},
): Dataset {
  if (!isFolder(dir)) {
    throw new DataError(
      `${dir}: expected a data set folder, found ${existsSync(dir) ? 'a file' : 'nothing'}`,
    );
  }
  const path = (name: string) => join(dir, name);
  const optional = <T>(name: string, parse: (value: unknown, file: string) => T): T | undefined =>
    existsSync(path(name)) ? parse(readJson(path(name)), path(name)) : undefined;

  const annotation = readAnnotation(path('annotation.json'));
  const manifest = optional('manifest.json', parseManifest);
  const regions = optional('regions.json', (value, file) => parseRegionTruth(value, file, manifest?.regions));
  if (checkImages) checkImageFiles(dir, annotation);
  const warnings = [...unknownRegions(annotation, manifest?.regions)].map(
    ([name, uses]) =>
      `${path('annotation.json')}: sentence_regions: ignored ${JSON.stringify(name)}, ` +
      `not one of the ${manifest?.regions?.length ?? REGIONS.length} regions (${uses} uses)`,
  );
  return { dir, annotation, manifest, regions, warnings, ...(pictures && { pictures }) };
}

/**
 * Reads one `annotation.json`, without a look at images. A large one is read study by study.
 *
 * @param options.otherFields keep what else the file holds beside the three lists (default false)
 * @param options.streamFrom size in bytes from which that is done (32 MiB)
 * @throws DataError
 */
export function readAnnotation(
  file: string,
  {
    otherFields = false,
    streamFrom = STREAM_FROM,
  }: { readonly otherFields?: boolean; readonly streamFrom?: number } = {},
): Annotation {
  const { size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  if (size >= streamFrom) {
    const { annotation, others } = streamAnnotation(file);
    return otherFields ? { ...others, ...annotation } : annotation;
  }
  const value = readJson(file);
  return { ...(otherFields && (value as object)), ...parseAnnotation(value, file) };
}

/** Larger files are read study by study: the whole text and its parsed form would not fit beside one another. */
const STREAM_FROM = 32 << 20;

function streamAnnotation(file: string): { annotation: Annotation; others: object } {
  const annotation: Record<Split, Study[]> = { train: [], val: [], test: [] };
  const others = new Map<string, unknown>();
  const checkPlace = placeChecker(file);
  const seen = new Set<string>();
  const begin = (name: string): void => {
    seen.add(name);
    if (!isSplit(name)) others.set(name, []);
  };
  for (const { list, index, value } of readJsonLists(file, { lists: begin })) {
    const split = SPLITS.find((name) => name === list);
    if (!split) {
      if (index === undefined) others.set(list, value);
      else (others.get(list) as unknown[]).push(value);
      continue;
    }
    if (index === undefined) throw new DataError(`${file}: ${list}: expected array, found ${shown(value)}`);
    const study = parseOrThrow(studySchema, value, file, [split, index]);
    checkPlace(study, split, index);
    annotation[split].push(study);
  }
  const missing = SPLITS.find((split) => !seen.has(split));
  if (missing) throw new DataError(`${file}: ${missing}: expected array, found nothing`);
  return { annotation, others: Object.fromEntries(others) };
}

const isSplit = (name: string): boolean => (SPLITS as readonly string[]).includes(name);

/** Reads one `manifest.json`. @throws DataError */
export function readManifest(file: string): Manifest {
  return parseManifest(readJson(file), file);
}

/** Reads `vocab.json`. @throws DataError */
export function readVocabulary(file: string): Tokenizer {
  return Tokenizer.fromJSON(readJson(file), file);
}

/** Writes `vocab.json` atomically. */
export function writeVocabulary(file: string, tokenizer: Tokenizer): void {
  writeFileAtomic(file, `${JSON.stringify(tokenizer, null, 1)}\n`);
}

/** Where a path of `image_path` lies. */
export function imageFile(dir: string, path: string): string {
  return join(dir, 'images', path);
}

/** Parsed JSON of a file. @throws DataError if it is missing or not JSON */
export function readJson(file: string): unknown {
  const text = readText(file);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').slice(0, 120);
    throw new DataError(`${file}: expected JSON, found ${text.trim() === '' ? 'an empty file' : reason}`);
  }
}

function readText(file: string): string {
  try {
    return readRegularFile(file, 'a readable JSON file').toString('utf8');
  } catch (error) {
    throw new DataError((error as Error).message, { cause: error });
  }
}

function checkImageFiles(dir: string, annotation: Annotation): void {
  const missing: string[] = [];
  for (const split of SPLITS) {
    annotation[split].forEach(({ image_path }, i) => {
      image_path.forEach((path, k) => {
        if (!existsSync(imageFile(dir, path)))
          missing.push(`${split}[${i}].image_path[${k}]: ${imageFile(dir, path)}`);
      });
    });
  }
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` (and ${missing.length - 1} more missing images)` : '';
  throw new DataError(
    `${join(dir, 'annotation.json')}: expected an image file, found nothing at ${missing[0]}${more}`,
  );
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
