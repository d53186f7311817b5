import { open } from 'node:fs/promises';
import { asDiskError, isSystemError } from '@raca/core/node';
import { type DicomOptions, decodeDicom, MAX_PIXELS } from '../dicom/decode';
import { isDicom } from '../dicom/header';
import { DataError } from '../errors';
import { imageWarnings } from '../image/inspect';
import { equalChannelsAsGray, type RasterImage } from '../image/raster';
import { MemoryGate } from './memory-gate';
import { wasmFile } from './wasm-files';

/** Options of {@link readImage}: what DICOM files are shown as, and limits. */
export interface ReadOptions extends Omit<DicomOptions, 'wasm'> {
  /** Larger files are not read; 512 MB. */
  readonly maxBytes?: number;
}

/** A picture read from a file. */
export interface ReadImage {
  /** Gray or red, green, blue 0..255. */
  readonly image: RasterImage;
  readonly format: 'PNG' | 'JPEG' | 'DICOM';
  /** One line each: what was chosen for the picture, or looks wrong with it. */
  readonly warnings: readonly string[];
}

/** Decoded bytes of PNG and JPEG files in work at once in one thread; DICOM files come one at a time. */
const TOGETHER = 128e6;
const gate = new MemoryGate(TOGETHER);

/**
 * Reads a PNG or JPEG (8 or 16 bit, gray or colour) or DICOM file as 0..255; the kind is told by content, not by name.
 * Transparency is dropped, 16 bit is scaled to 8, colour of equal channels becomes one channel, embedded colour profiles are
 * ignored, EXIF orientation is applied. DICOM: see `decodeDicom` of `@raca/data/dicom`.
 *
 * @throws DataError one line naming the file: missing, not an image, truncated, corrupt, too large
 */
export async function readImage(path: string, options: ReadOptions = {}): Promise<ReadImage> {
  try {
    const bytes = await readBytes(path, options.maxBytes ?? 512e6);
    if (isDicom(bytes)) {
      const { image, warnings } = await gate.run(TOGETHER, () =>
        decodeDicom(bytes, { ...options, wasm: wasmFile }),
      );
      return { image, format: 'DICOM', warnings: [...warnings, ...imageWarnings(image)] };
    }
    const format = formatOf(bytes);
    const { image, warnings } = await decodeBySharp(bytes, options.maxPixels ?? MAX_PIXELS);
    return { image, format, warnings: [...warnings, ...imageWarnings(image)] };
  } catch (error) {
    if (isSystemError(error)) throw asDiskError(error, path);
    throw new DataError(`${path}: expected a readable PNG, JPEG or DICOM image, found: ${reasonOf(error)}`);
  }
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

/** Loaded when an image is: its library is an optional dependency, and programs without images run without it. */
export async function loadSharp() {
  try {
    return (await import('sharp')).default;
  } catch {
    throw new Error(
      'the library of the package sharp is not installed (npm install --include=optional sharp)',
    );
  }
}

async function readBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new DataError(stat.isDirectory() ? 'a folder' : 'no regular file');
    if (stat.size > maxBytes)
      throw new DataError(`a file of ${stat.size} bytes, expected at most ${maxBytes}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function formatOf(bytes: Uint8Array): 'PNG' | 'JPEG' {
  if (bytes.length === 0) throw new DataError('an empty file');
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'JPEG';
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return 'PNG';
  throw new DataError('a file that begins like none of them');
}

async function decodeBySharp(
  bytes: Uint8Array,
  maxPixels: number,
): Promise<{ image: RasterImage; warnings: string[] }> {
  const options = { failOn: 'error', limitInputPixels: false, ignoreIcc: true } as const;
  const sharp = await loadSharp();
  const input = sharp(bytes, options).autoOrient();
  const { depth = 'uchar', space = 'srgb', width, height, channels } = await input.metadata();
  if (width * height > maxPixels)
    throw new DataError(`an image of ${width}x${height}, expected at most ${maxPixels} pixels`);
  const deep = depth === 'ushort';
  const gray = space === 'b-w' || space === 'grey16';
  const colourspace = gray ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
  return gate.run(width * height * channels * (deep ? 3 : 1), async () => {
    const { data, info } = await input
      .removeAlpha()
      .toColourspace(colourspace)
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const shape = { width: info.width, height: info.height, channels: info.channels };
    if (!deep) {
      const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { image: equalChannelsAsGray({ ...shape, data: pixels }), warnings: [] };
    }
    const { pixels, brightest } = toBytes(data);
    const bits = Math.ceil(Math.log2(brightest + 1));
    const warnings =
      bits >= 8 && bits <= 14
        ? [`16-bit picture with no value above ${brightest}: ${bits}-bit values that nobody scaled?`]
        : [];
    return { image: equalChannelsAsGray({ ...shape, data: pixels }), warnings };
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'nothing';
  if (code?.startsWith('E')) return code;
  if (error instanceof DataError) return error.message;
  // libvips says the same thing several times, a line each
  const lines = error.message.split('\n').map((line) =>
    line
      .replace(/^.*Vips\w*: /, '')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  return [...new Set(lines)].filter(Boolean).slice(0, 2).join('; ').replace(/:$/, '').slice(0, 160);
}

/** 16 bit of this machine to 8 bit: 65535 becomes 255. */
function toBytes(data: Buffer): { pixels: Uint8Array; brightest: number } {
  const aligned = data.byteOffset % 2 === 0 ? data : Buffer.from(data);
  const wide = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1);
  const pixels = new Uint8Array(wide.length);
  let brightest = 0;
  for (let i = 0; i < wide.length; i++) {
    if (wide[i] > brightest) brightest = wide[i];
    pixels[i] = Math.round(wide[i] / 257);
  }
  return { pixels, brightest };
}
