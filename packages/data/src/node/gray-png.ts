import * as zlib from 'node:zlib';
import type { RasterImage } from '../image/raster';

/** Larger pictures are left to the library, which decodes outside JavaScript. */
const MOST_PIXELS = 1 << 20;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const [IHDR, IDAT, IEND] = [0x49484452, 0x49444154, 0x49454e44];
/** Size of a pixel, time of the last change: they change no pixel. */
const [PHYS, TIME] = [0x70485973, 0x74494d45];
/** Depth 8, gray, deflated, filtered, not interlaced. */
const PLAIN = [8, 0, 0, 0, 0];

/**
 * Reads the plainest kind of PNG, several times as fast as a library for all kinds: 8-bit gray, not interlaced, nothing
 * that changes a pixel beside header and data, a million pixels at most. Checks every sum.
 *
 * @returns null for all others and for whatever is wrong; the library decides on those
 * @see PNG specification, third edition, https://www.w3.org/TR/png-3/
 */
export function readGrayPng(bytes: Uint8Array): RasterImage | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (zlib.crc32 === undefined || bytes.length < 33 || SIGNATURE.some((x, i) => bytes[i] !== x)) return null;
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width === 0 || height === 0 || width * height > MOST_PIXELS) return null;
  const data: Uint8Array[] = [];
  let kind = 0;
  for (let at = 8; at < bytes.length; ) {
    if (kind === IEND || at + 12 > bytes.length) return null;
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length || zlib.crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      return null;
    kind = view.getUint32(at + 4);
    if (at === 8) {
      if (kind !== IHDR || length !== 13 || PLAIN.some((x, i) => bytes[24 + i] !== x)) return null;
    } else if (kind === IDAT) data.push(bytes.subarray(at + 8, end));
    else if (kind === IEND ? length !== 0 : kind !== PHYS && kind !== TIME) return null;
    at = end + 4;
  }
  if (kind !== IEND) return null;
  const rows = inflated(data, height * (width + 1));
  const pixels = rows && unfiltered(rows, width, height);
  return pixels && { width, height, channels: 1, data: pixels };
}

function inflated(parts: Uint8Array[], length: number): Uint8Array | null {
  try {
    const rows = zlib.inflateSync(parts.length === 1 ? parts[0] : Buffer.concat(parts), {
      maxOutputLength: length,
    });
    return rows.length === length ? rows : null;
  } catch {
    return null;
  }
}

/** Rows with their filter's number in front → pixels; null for a number that is none. */
function unfiltered(rows: Uint8Array, width: number, height: number): Uint8Array | null {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = y * (width + 1) + 1;
    const filter = rows[from - 1];
    const line = out.subarray(y * width, (y + 1) * width);
    const above = y === 0 ? new Uint8Array(width) : out.subarray((y - 1) * width, y * width);
    if (filter > 4) return null;
    let [left, corner] = [0, 0];
    for (let x = 0; x < width; x++) {
      const up = above[x];
      let guess = 0;
      if (filter === 1) guess = left;
      else if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) guess = paeth(left, up, corner);
      left = (rows[from + x] + guess) & 255;
      line[x] = left;
      corner = up;
    }
  }
  return out;
}

/** Of left, up and corner the one nearest to left + up − corner, the first of equals. */
function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp] = [Math.abs(up - corner), Math.abs(left - corner)];
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
