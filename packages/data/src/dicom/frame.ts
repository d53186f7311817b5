import { DataError } from '../errors';
import type { DicomFile } from './header';

/** First bytes of a codestream that is packed in fragments. */
const STARTS: readonly (readonly number[])[] = [
  [0xff, 0xd8],
  [0xff, 0x4f],
  [0x00, 0x00, 0x00, 0x0c],
];

/**
 * Bytes of the first frame: samples as they lie in the file, or one codestream.
 * @throws DataError if they are shorter than the header says
 */
export function firstFrame({ dataSet, pixels, format, coding, bigEndian }: DicomFile): Uint8Array {
  const { bytes } = dataSet;
  if (coding === 'native') {
    const { rows, columns, samples, bitsAllocated, photometric } = format;
    const perPixel = photometric === 'YBR_FULL_422' ? 2 : samples;
    const expected = (rows * columns * perPixel * bitsAllocated) / 8;
    if (pixels.length < expected) {
      throw new DataError(`${pixels.length} bytes of pixels where the header promises ${expected}`);
    }
    // words of 2 bytes hold 8-bit samples too, but for VR OB (PS3.5-2013 A.3)
    if (bigEndian && bitsAllocated === 8 && pixels.vr !== 'OB')
      return swapped(bytes, pixels.offset, expected);
    return bytes.subarray(pixels.offset, pixels.offset + expected);
  }
  const { fragments = [], offsetTable: table = [] } = pixels;
  if (fragments.length === 0) throw new DataError('compressed DICOM without a fragment of pixels');
  const first = fragments[0];
  let end = 1;
  const last = format.frames > 1 && table.length > 1 ? table[1] : Number.POSITIVE_INFINITY;
  const start = fragments[0].offset;
  while (end < fragments.length && fragments[end].offset - start < last) {
    const next = bytes.subarray(fragments[end].position, fragments[end].position + 4);
    const isStart = STARTS.some((mark) => mark.every((byte, i) => next[i] === byte));
    if (format.frames > 1 && table.length < 2 && (isStart || format.frames === fragments.length)) break;
    end++;
  }
  const parts = fragments
    .slice(0, end)
    .map(({ position, length }) => bytes.subarray(position, position + length));
  if (parts.length === 1) return bytes.subarray(first.position, first.position + first.length);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A copy with the bytes of each word exchanged. */
function swapped(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = bytes[offset + (i ^ 1)];
  return out;
}
