import { DataError } from '../errors';

/**
 * Unpacks RLE (PS3.5 annex G): one segment a byte plane, most significant byte of the first sample first.
 * @param pixels in the frame
 * @param samples a pixel
 * @param bytes a sample, 1 or 2
 * @returns words, samples innermost
 * @throws DataError if segments are missing, damaged or short
 */
export function decodeRle(
  data: Uint8Array,
  pixels: number,
  samples: number,
  bytes: 1 | 2,
): Uint8Array | Uint16Array {
  const count = samples * bytes;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const found = data.length >= 64 ? view.getUint32(0, true) : 0;
  if (found !== count) throw new DataError(`RLE data of ${found} segments, expected ${count}`);
  const words = bytes === 1 ? new Uint8Array(pixels * samples) : new Uint16Array(pixels * samples);
  const plane = new Uint8Array(pixels);
  for (let s = 0; s < count; s++) {
    const from = view.getUint32(4 + 4 * s, true);
    const to = s + 1 < count ? view.getUint32(8 + 4 * s, true) : data.length;
    if (from < 64 || to < from || to > data.length)
      throw new DataError('RLE data with damaged segment offsets');
    const length = unpackBits(data.subarray(from, to), plane);
    if (length < pixels) throw new DataError(`RLE segment ${s + 1} of ${length} bytes, expected ${pixels}`);
    const sample = Math.floor(s / bytes);
    const shift = 8 * (bytes - 1 - (s % bytes));
    for (let i = 0, o = sample; i < pixels; i++, o += samples) words[o] |= plane[i] << shift;
  }
  return words;
}

/** PackBits into `out`; returns how many bytes it gave. */
function unpackBits(data: Uint8Array, out: Uint8Array): number {
  let o = 0;
  for (let i = 0; i < data.length && o < out.length; ) {
    const n = data[i++];
    if (n === 128) continue;
    if (n < 128) {
      const run = data.subarray(i, Math.min(i + n + 1, i + out.length - o));
      out.set(run, o);
      o += run.length;
      i += n + 1;
    } else if (i < data.length) {
      const end = Math.min(o + 257 - n, out.length);
      out.fill(data[i++], o, end);
      o = end;
    }
  }
  return o;
}
