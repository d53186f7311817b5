import type { RasterImage } from '../image/raster';
import { loadSharp } from './sharp';

/**
 * Writes 8-bit pixels of 1 or 3 channels as JPEG bytes, for pages and previews; values outside 0..255 are clamped.
 * @param options.quality 1..100 (78: a radiograph of 512 pixels takes some 20 kB)
 */
export async function encodeJpeg(
  { width, height, channels, data }: RasterImage,
  { quality = 78 }: { readonly quality?: number } = {},
): Promise<Uint8Array> {
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`encodeJpeg: image must have 1 or 3 channels, got ${channels}`);
  const bytes = data instanceof Uint8Array ? data : Uint8Array.from(Uint8ClampedArray.from(data));
  const sharp = await loadSharp();
  const picture = sharp(bytes, { raw: { width, height, channels } });
  return (channels === 1 ? picture.toColourspace('b-w') : picture)
    .jpeg({ quality, mozjpeg: true })
    .toBuffer();
}
