import { randomBytes } from 'node:crypto';
import { constants, existsSync, statSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { asDiskError, insideOf, isSystemError } from '@raca/core/node';
import { decodeImage, encodePng, type PictureOptions, readRadiograph } from '../decode';
import { openRegular } from '../regular-file';
import { type SourceFile, walk } from './walk';

/** How images come into the data set. */
export const IMAGE_MODES = ['copy', 'link', 'none'] as const;

/**
 * - `copy`: PNG and JPEG files are copied; DICOM, TIFF, BMP, WebP and JPEG 2000 become PNG
 * - `link`: a hard link, or a symbolic one where that fails (other disk); other kinds and archives as with `copy`
 * - `none`: reports only; `image_path` names images that are not there
 */
export type ImageMode = (typeof IMAGE_MODES)[number];

/** An image file of a source. */
export interface FoundImage {
  readonly root: string;
  readonly name: string;
  readonly path?: string;
}

export const isImage = (name: string): boolean =>
  /\.(png|jpe?g|dcm|dicom|tiff?|bmp|webp|jp2|j2k)$/i.test(name);

export const foundImage = ({ root, name, path }: SourceFile): FoundImage => ({ root, name, path });

/** The path that `image_path` gives: below the folder `images` (R2Gen) or `files` (PhysioNet), if there is one. */
export const belowImages = (name: string): string => name.replace(/^(.*\/)?(images|files)\//, '');

/** What a file becomes: PNG and JPEG stay unless their gray levels are asked for otherwise; the rest is decoded to PNG. */
export function extensionOf({ name }: FoundImage, pictures?: PictureOptions): 'png' | 'jpg' {
  return /\.jpe?g$/i.test(name) && !isOtherwise(pictures) ? 'jpg' : 'png';
}

const isOtherwise = ({ voi, invert }: PictureOptions = {}): boolean => voi !== undefined || invert === true;

export interface PlacedImages {
  /** Targets that could not be made, and why. */
  readonly failed: ReadonlyMap<string, string>;
  readonly bytes: number;
  /** What the DICOM files that were converted in this run gave cause for. */
  readonly warnings: readonly ImageWarning[];
}

/** One warning, and how many images it is about. */
export interface ImageWarning {
  readonly warning: string;
  readonly images: number;
  /** The first by path below `images/`. */
  readonly first: string;
}

interface Placed {
  readonly size: number;
  readonly warnings?: readonly string[];
}

const LANES = 4;

/**
 * Brings images below `dir`. Targets that are there already (of an import that was broken off) are kept. Each file is
 * written under a temporary name and renamed.
 *
 * @param wanted target path below `dir` → file
 * @throws Error naming the file where the system fails (full disk, missing permission): that is no damaged image
 */
export async function placeImages(
  dir: string,
  wanted: ReadonlyMap<string, FoundImage>,
  mode: Exclude<ImageMode, 'none'>,
  {
    onProgress,
    signal,
    pictures,
  }: {
    onProgress?: (done: number, total: number) => void;
    signal?: AbortSignal;
    pictures?: PictureOptions;
  } = {},
): Promise<PlacedImages> {
  const failed = new Map<string, string>();
  const warned = new Map<string, ImageWarning>();
  let bytes = 0;
  let done = 0;
  let broken: unknown; // a full disk or the like: no fault of any image
  const running = new Set<Promise<void>>();
  const run = async (target: string, work: () => Promise<Placed>): Promise<void> => {
    signal?.throwIfAborted();
    while (running.size >= LANES) await Promise.race(running);
    if (broken !== undefined) throw broken;
    const job: Promise<void> = work()
      .then(
        ({ size, warnings = [] }) => {
          bytes += size;
          for (const warning of warnings) note(warned, warning, target);
        },
        (error: Error) => {
          if (isSystemError(error)) broken ??= asDiskError(error, insideOf(dir, target));
          else failed.set(target, error.message.replace(/\s+/g, ' '));
        },
      )
      .finally(() => {
        running.delete(job);
        onProgress?.(++done, wanted.size);
      });
    running.add(job);
  };

  const inArchives = new Map<string, Map<string, string[]>>();
  for (const [target, { root, name, path }] of wanted) {
    if (path) await run(target, () => placeFile(insideOf(dir, target), path, mode, pictures));
    else {
      const names = inArchives.get(root) ?? new Map<string, string[]>();
      inArchives.set(root, names);
      names.set(name, [...(names.get(name) ?? []), target]);
    }
  }
  for (const [root, names] of inArchives) {
    for await (const file of walk([root], signal)) {
      for (const target of names.get(file.name) ?? []) {
        if (isThere(insideOf(dir, target)))
          await run(target, async () => ({ size: statSync(insideOf(dir, target)).size }));
        else {
          const content = await file.read(MOST).catch((error: Error) => error);
          await run(target, () => placeContent(insideOf(dir, target), content, file.name, pictures));
        }
      }
    }
  }
  await Promise.all(running);
  if (broken !== undefined) throw broken;
  const warnings = [...warned].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, warning]) => warning);
  return { failed, bytes, warnings };
}

/** Warnings that differ only after a colon (in numbers) count as one. */
function note(warned: Map<string, ImageWarning>, warning: string, target: string): void {
  const kind = warning.split(':')[0];
  const earlier = warned.get(kind);
  const isFirst = earlier === undefined || target < earlier.first;
  warned.set(kind, {
    ...(isFirst ? { warning, first: target } : earlier),
    images: (earlier?.images ?? 0) + 1,
  });
}

/** Bytes of one image in an archive at most: it is held whole while it is decoded. */
const MOST = 1 << 27;

async function placeFile(
  target: string,
  path: string,
  mode: 'copy' | 'link',
  pictures: PictureOptions | undefined,
): Promise<Placed> {
  const { size } = await stat(path);
  const ends = await readEnds(path, size);
  const copied = isCopied(ends.head, pictures);
  if (isThere(target) && (!copied || statSync(target).size === size)) return { size: statSync(target).size };
  if (!copied) return convert(target, path, pictures);
  if (!isWhole(ends)) await decodeImage(path);
  await mkdir(dirname(target), { recursive: true });
  if (mode === 'copy') {
    await inPlace(target, (temporary) => copyFile(path, temporary, constants.COPYFILE_EXCL));
    return { size };
  }
  await rm(target, { force: true });
  await link(path, target).catch(() => symlink(resolve(path), target));
  return { size };
}

async function placeContent(
  target: string,
  content: Buffer | Error,
  name: string,
  pictures: PictureOptions | undefined,
): Promise<Placed> {
  if (content instanceof Error) throw content;
  const ends = { head: content.subarray(0, 132), tail: content.subarray(-TAIL) };
  await mkdir(dirname(target), { recursive: true });
  const raw = besideOf(target, 'source');
  const unsure = !isCopied(ends.head, pictures) || !isWhole(ends);
  if (!unsure) {
    await inPlace(target, (temporary) => writeFile(temporary, content, NEW));
    return { size: content.length };
  }
  try {
    await writeFile(raw, content, NEW);
    if (isCopied(ends.head, pictures)) {
      await decodeImage(raw);
      await inPlace(target, (temporary) => writeFile(temporary, content, NEW));
      return { size: content.length };
    }
    return await convert(target, raw, pictures);
  } catch (error) {
    if (isSystemError(error)) throw error; // no fault of the image
    throw new Error((error as Error).message.replaceAll(raw, name));
  } finally {
    await rm(raw, { force: true });
  }
}

/** Any picture to PNG. */
async function convert(target: string, path: string, pictures: PictureOptions | undefined): Promise<Placed> {
  const { image, warnings } = await readRadiograph(path, pictures);
  const png = await encodePng(image);
  await mkdir(dirname(target), { recursive: true });
  await inPlace(target, (temporary) => writeFile(temporary, png, NEW));
  return { size: png.length, warnings };
}

/** Never an existing file, never through a link. */
const NEW = { flag: 'wx' } as const;

/** A name that nobody can foresee; what a kill leaves of it goes when the import goes on. */
const besideOf = (target: string, kind: 'tmp' | 'source'): string =>
  `${target}.${process.pid}.${randomBytes(6).toString('hex')}.${kind}`;

/** What {@link besideOf} names, in files of a killed process. */
export const UNFINISHED = /\.\d+\.[0-9a-f]{12}\.(tmp|source)$/;

async function inPlace(target: string, make: (temporary: string) => Promise<unknown>): Promise<void> {
  const temporary = besideOf(target, 'tmp');
  try {
    await make(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const isThere = (path: string): boolean => existsSync(path) && statSync(path).size > 0;

const TAIL = 64;

interface Ends {
  readonly head: Buffer;
  readonly tail: Buffer;
}

async function readEnds(path: string, size: number): Promise<Ends> {
  const { file } = await openRegular(path);
  try {
    const head = await file.read(Buffer.alloc(132), 0, 132, 0);
    const tail = await file.read(Buffer.alloc(TAIL), 0, TAIL, Math.max(0, size - TAIL));
    return { head: head.buffer.subarray(0, head.bytesRead), tail: tail.buffer.subarray(0, tail.bytesRead) };
  } finally {
    await file.close();
  }
}

const isCopied = (head: Buffer, pictures?: PictureOptions): boolean =>
  (isPng(head) || isJpeg(head)) && !isOtherwise(pictures);
const isPng = (head: Buffer): boolean => head.subarray(0, 4).toString('latin1') === '\x89PNG';
const isJpeg = (head: Buffer): boolean => head.subarray(0, 3).toString('latin1') === '\xff\xd8\xff';

/** Ends as its format says; others are decoded to be sure. */
function isWhole({ head, tail }: Ends): boolean {
  return isPng(head) ? tail.includes('IEND') : tail.lastIndexOf(Buffer.from([0xff, 0xd9])) >= 0;
}
