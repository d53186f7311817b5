import { DataError } from '../errors';
import type { DataSet } from './data-set';
import type { PixelFormat } from './header';
import { readLut } from './lut';
import type { Samples } from './samples';
import { TAG } from './tags';

/** Red, green, blue 0..255, channels innermost. */
export function colourOf(dataSet: DataSet, format: PixelFormat, { words, rgb }: Samples): Uint8Array {
  if (format.photometric === 'PALETTE COLOR') return paletteColour(dataSet, format, words);
  const shift = format.highBit - format.bitsStored + 1;
  const down = Math.max(0, format.bitsStored - 8);
  const mask = (1 << format.bitsStored) - 1;
  const out = Uint8Array.from(words, (word) => ((word >> shift) & mask) >> down);
  if (!rgb && format.photometric.startsWith('YBR')) toRgb(out);
  return out;
}

/** YBR_FULL in place (PS3.3 C.7.6.3.1.2). */
function toRgb(pixels: Uint8Array): void {
  const bytes = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let i = 0; i < bytes.length; i += 3) {
    const [y, cb, cr] = [bytes[i], bytes[i + 1] - 128, bytes[i + 2] - 128];
    bytes[i] = y + 1.402 * cr;
    bytes[i + 1] = y - 0.344136 * cb - 0.714136 * cr;
    bytes[i + 2] = y + 1.772 * cb;
  }
}

const PALETTES = [
  [TAG.redDescriptor, TAG.redData],
  [TAG.greenDescriptor, TAG.greenData],
  [TAG.blueDescriptor, TAG.blueData],
] as const;

function paletteColour(
  dataSet: DataSet,
  { bitsStored }: PixelFormat,
  words: Uint8Array | Uint16Array,
): Uint8Array {
  const mask = (1 << bitsStored) - 1;
  const out = new Uint8Array(words.length * 3);
  PALETTES.forEach(([descriptor, data], c) => {
    const lut = readLut(dataSet, descriptor, data);
    if (!lut || lut.cut) throw new DataError('DICOM with a damaged palette');
    const deep = lut.data.some((value) => value > 255);
    const levels = lut.data.map((value) => (deep ? value >> 8 : value));
    for (let i = 0; i < words.length; i++) {
      const place = Math.min(Math.max((words[i] & mask) - lut.first, 0), levels.length - 1);
      out[i * 3 + c] = levels[place];
    }
  });
  return out;
}
