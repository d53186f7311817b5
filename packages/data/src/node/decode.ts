import { asDiskError, isSystemError } from '@raca/core/node';
import { jpeg2000Size } from '../dicom/codestream';
import { type DicomOptions, decodeDicom, MAX_PIXELS } from '../dicom/decode';
import { isDicom } from '../dicom/header';
import { type DicomSubject, notAChest } from '../dicom/subject';
import { decodeByWasm } from '../dicom/wasm-codecs';
import { DataError } from '../errors';
import { decodeBmp } from '../image/bmp';
import { imageFaults, imageWarnings } from '../image/inspect';
import { kindOf, type PictureKind } from '../image/kinds';
import { type StoredPicture, toLevels } from '../image/levels';
import { equalChannelsAsGray, type RasterImage } from '../image/raster';
import { MemoryGate } from './memory-gate';
import { readRegular } from './regular-file';
import { decodeBySharp, loadSharp } from './sharp';
import { wasmFile } from './wasm-files';

/** How pictures are taken; what the options of the command say. */
export interface PictureOptions {
  /** Window or range of stored values; default what the file says. See `VoiChoice` of `@raca/data/dicom`. */
  readonly voi?: DicomOptions['voi'];
  /** Exchange dark and bright in the end. */
  readonly invert?: boolean;
  /** Take pictures that are no chest radiographs by their header or their gray levels, with a warning. */
  readonly force?: boolean;
}

/** Options of {@link readImage}. */
export interface ReadOptions extends Omit<DicomOptions, 'wasm'>, Omit<PictureOptions, 'force'> {
  /** Larger files are not read; 512 MB. */
  readonly maxBytes?: number;
}

/** A picture read from a file. */
export interface ReadImage {
  /** Gray or red, green, blue 0..255. */
  readonly image: RasterImage;
  readonly format: PictureKind | 'DICOM';
  /** What a DICOM header says that it shows. */
  readonly subject?: DicomSubject;
  /** One line each: why this is no chest radiograph that a model could read. */
  readonly faults: readonly string[];
  /** One line each: what was chosen for the picture, or looks odd. */
  readonly warnings: readonly string[];
}

/** Decoded bytes of PNG and JPEG files in work at once in one thread; DICOM files come one at a time. */
const TOGETHER = 128e6;
const gate = new MemoryGate(TOGETHER);

/**
 * Reads a DICOM, PNG, JPEG, TIFF, BMP, WebP or JPEG 2000 file as 0..255; the kind is told by content, not by name.
 * Transparency is dropped, 16 bit is scaled to 8 (by the bits in use where these are 14 or fewer), colour of equal channels
 * becomes one channel, embedded colour profiles are ignored, EXIF orientation is applied. DICOM: see `decodeDicom` of
 * `@raca/data/dicom`.
 *
 * @throws DataError one line naming the file: missing, not an image, truncated, corrupt, too large. Error where the system
 * fails (no permission, a broken disk, too many open files)
 */
export async function readImage(path: string, options: ReadOptions = {}): Promise<ReadImage> {
  try {
    const bytes = await readRegular(path, options.maxBytes ?? 512e6);
    const { image: shown, ...rest } = await decode(bytes, options);
    const image = options.invert ? negative(shown) : shown;
    const header = rest.subject && notAChest(rest.subject);
    const faults = [...(header ? [header] : []), ...imageFaults(image)];
    return { image, ...rest, faults, warnings: [...rest.warnings, ...imageWarnings(image)] };
  } catch (error) {
    if (isSystemError(error)) throw asDiskError(error, path);
    throw new DataError(
      `${path}: expected a readable image (DICOM, PNG, JPEG, TIFF, BMP, WebP, JPEG 2000), found: ${reasonOf(error)}`,
    );
  }
}

/**
 * {@link readImage} for a picture that should be a chest radiograph.
 * @throws DataError also for one that its header or its gray levels rule out, unless `force` makes a warning of it
 */
export async function readRadiograph(
  path: string,
  options: ReadOptions & PictureOptions = {},
): Promise<ReadImage> {
  const read = await readImage(path, options);
  const { faults, warnings } = read;
  if (faults.length === 0) return read;
  if (options.force) return { ...read, faults: [], warnings: [...faults, ...warnings] };
  const flat = faults[0].startsWith('nearly one gray');
  const way = flat
    ? '--levels auto stretches it, --force takes it as it is'
    : '--force takes it all the same';
  throw new DataError(`${path}: expected a chest radiograph, found: ${faults.join('; ')} (${way})`);
}

/** The picture of {@link readImage} alone. @throws DataError one line naming the file */
export async function decodeImage(path: string, options?: ReadOptions): Promise<RasterImage> {
  return (await readImage(path, options)).image;
}

/** Writes 8-bit pixels of 1 or 3 channels as PNG bytes; values outside 0..255 are clamped. */
export async function encodePng(image: RasterImage): Promise<Uint8Array> {
  const { width, height, channels } = image;
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`encodePng: image must have 1 or 3 channels, got ${channels}`);
  }
  const bytes =
    image.data instanceof Uint8Array ? image.data : Uint8Array.from(Uint8ClampedArray.from(image.data));
  const sharp = await loadSharp();
  const png = sharp(bytes, { raw: { width, height, channels } });
  return (channels === 1 ? png.toColourspace('b-w') : png).png().toBuffer();
}

type Decoded = Pick<ReadImage, 'image' | 'format' | 'subject' | 'warnings'>;

async function decode(bytes: Uint8Array, options: ReadOptions): Promise<Decoded> {
  if (isDicom(bytes)) {
    const read = await gate.run(TOGETHER, () => decodeDicom(bytes, { ...options, wasm: wasmFile }));
    return { ...read, format: 'DICOM' };
  }
  const found = kindOf(bytes);
  if ('unread' in found) throw new DataError(found.unread);
  const { kind } = found;
  const { maxPixels = MAX_PIXELS, voi = 'auto' } = options;
  const { picture, warnings } = await stored(kind, bytes, maxPixels);
  const levels = toLevels(picture, voi);
  return {
    image: equalChannelsAsGray(levels.image),
    format: kind,
    warnings: [...warnings, ...levels.warnings],
  };
}

async function stored(
  kind: PictureKind,
  bytes: Uint8Array,
  maxPixels: number,
): Promise<{ picture: StoredPicture; warnings: readonly string[] }> {
  switch (kind) {
    case 'BMP': {
      const { width, height, channels, data } = await gate.run(TOGETHER, async () =>
        decodeBmp(bytes, maxPixels),
      );
      return { picture: { width, height, channels, data: data as Uint8Array, top: 255 }, warnings: [] };
    }
    case 'JPEG 2000':
      return { picture: await gate.run(TOGETHER, () => decodeJpeg2000(bytes, maxPixels)), warnings: [] };
    default:
      return decodeBySharp(kind, bytes, { maxPixels, gate });
  }
}

async function decodeJpeg2000(bytes: Uint8Array, maxPixels: number): Promise<StoredPicture> {
  const { width, height, components, precision } = jpeg2000Size(bytes);
  if (width * height > maxPixels)
    throw new DataError(`an image of ${width}x${height}, expected at most ${maxPixels} pixels`);
  if (components > 4 || precision > 16)
    throw new DataError(`a JPEG 2000 of ${components} components of ${precision} bits, which is not read`);
  const size = width * height * components * (precision > 8 ? 2 : 1);
  const picture = await decodeByWasm('openjpeg', bytes, size, wasmFile);
  const { bytes: samples } = picture;
  const words = precision > 8 ? new Uint16Array(samples.slice().buffer) : samples;
  const channels = components < 3 ? 1 : 3;
  const data = channels === components ? words : withoutAlpha(words, components, channels);
  return { width, height, channels, data, top: 2 ** precision - 1 };
}

function withoutAlpha(words: Uint8Array | Uint16Array, components: number, channels: number) {
  return words.filter((_, i) => i % components < channels);
}

function negative(image: RasterImage): RasterImage {
  return { ...image, data: Uint8Array.from(image.data, (level) => 255 - level) };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing';
  if (code === 'ELOOP') return 'symbolic links that go round in circles';
  if (code === 'ENXIO') return 'no regular file (a pipe or a device)';
  if (code?.startsWith('E')) return code;
  if (error instanceof DataError) return error.message;
  // libvips says the same thing several times, a line each
  const lines = error.message.split('\n').map((line) =>
    line
      .replace(/^.*Vips\w*: /, '')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const said = [...new Set(lines)].filter((line) => line !== '' && !/^unknown error$/i.test(line));
  return said.slice(0, 2).join('; ').replace(/:$/, '').slice(0, 120) || 'a damaged or truncated picture';
}
