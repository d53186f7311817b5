import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { DataError } from '../errors';
import type { RasterImage } from '../image/raster';

/** Larger declared sizes are refused before any memory is taken. */
const MAX_PIXELS = 100_000_000;

/**
 * Reads a PNG or JPEG (8 or 16 bit, gray or colour) as 0..255. Transparency is dropped, 16 bit is scaled to 8,
 * colour of equal channels becomes one channel, embedded colour profiles are ignored, EXIF orientation is applied.
 *
 * @throws DataError one line naming the file: missing, not an image, truncated, corrupt, too large
 */
export async function decodeImage(path: string): Promise<RasterImage> {
  try {
    const options = { failOn: 'error', limitInputPixels: MAX_PIXELS, ignoreIcc: true } as const;
    const input = sharp(await readFile(path), options).autoOrient();
    const { depth = 'uchar', space = 'srgb' } = await input.metadata();
    const deep = depth === 'ushort';
    const gray = space === 'b-w' || space === 'grey16';
    const colourspace = gray ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
    const { data, info } = await input
      .removeAlpha()
      .toColourspace(colourspace)
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = deep ? toBytes(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return toGray({ width: info.width, height: info.height, channels: info.channels, data: pixels });
  } catch (error) {
    throw new DataError(`${path}: expected a readable PNG or JPEG, found: ${reasonOf(error)}`);
  }
}

/** Writes 8-bit pixels of 1 or 3 channels as PNG bytes; values outside 0..255 are clamped. */
export async function encodePng(image: RasterImage): Promise<Uint8Array> {
  const { width, height, channels } = image;
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`encodePng: image must have 1 or 3 channels, got ${channels}`);
  }
  const bytes =
    image.data instanceof Uint8Array ? image.data : Uint8Array.from(Uint8ClampedArray.from(image.data));
  const png = sharp(bytes, { raw: { width, height, channels } });
  return (channels === 1 ? png.toColourspace('b-w') : png).png().toBuffer();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'nothing' : error.message.replace(/\s+/g, ' ').trim();
}

/** 16 bit little-endian to 8 bit: 65535 becomes 255. */
function toBytes(data: Buffer): Uint8Array {
  const wide = new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  return Uint8Array.from(wide, (value) => Math.round(value / 257));
}

/** One channel where all colour channels are equal. */
function toGray(image: RasterImage): RasterImage {
  const { channels, data } = image;
  if (channels === 1) return image;
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 1; c < channels; c++) if (data[i + c] !== data[i]) return image;
  }
  const gray = new Uint8Array(data.length / channels);
  for (let i = 0; i < gray.length; i++) gray[i] = data[i * channels];
  return { ...image, channels: 1, data: gray };
}
