import { DataError } from '../errors';
import type { RasterImage } from './raster';

/** What the header of a BMP says. */
interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Rows from the top down instead of from the bottom up. */
  readonly topDown: boolean;
  readonly bits: number;
  /** 0 none, 1 and 2 run lengths of 8 and 4 bits, 3 and 6 masks. */
  readonly compression: number;
  readonly pixelsAt: number;
  /** Of the palette; 3 or 4 bytes an entry. */
  readonly paletteAt: number;
  readonly entryBytes: number;
  readonly colours: number;
  /** Red, green, blue of 16 and 32 bits. */
  readonly masks: readonly [number, number, number];
}

const KINDS = ['none', 'RLE8', 'RLE4', 'bit fields', 'JPEG', 'PNG', 'bit fields'];

/**
 * Decodes a BMP (Windows and OS/2 1.x headers): 1, 2, 4, 8 bits with a palette, 16, 24, 32 bits, run lengths. Transparency is dropped.
 * @returns three channels
 * @throws DataError for damaged or truncated files, larger pictures, and variants that are not read
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): RasterImage {
  const header = readHeader(bytes);
  const { width, height, compression } = header;
  if (width * height > maxPixels)
    throw new DataError(`an image of ${width}x${height}, expected at most ${maxPixels} pixels`);
  const data = new Uint8Array(width * height * 3);
  if (compression === 1 || compression === 2) unpackRuns(bytes, header, data);
  else unpackRows(bytes, header, data);
  return { width, height, channels: 3, data };
}

function readHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 26) throw new DataError('a truncated BMP');
  const size = view.getUint32(14, true);
  const old = size === 12;
  if (!old && (size < 40 || bytes.length < 14 + size))
    throw new DataError('a BMP of an unknown header, which is not read');
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = old ? view.getInt16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw new DataError('a BMP without pixels');
  if (!(compression in KINDS) || compression === 4 || compression === 5)
    throw new DataError(`a BMP of a compression that is not read (${KINDS[compression] ?? 'unknown'})`);
  const wants = compression === 1 ? [8] : compression === 2 ? [4] : [1, 2, 4, 8, 16, 24, 32];
  if (!wants.includes(bits)) throw new DataError(`a BMP of ${bits} bits a pixel, which is not read`);
  const masked = compression === 3 || compression === 6;
  const maskAt = 54; // behind a header of 40 bytes, and at the same place inside longer ones
  const said = old ? 0 : view.getUint32(46, true);
  const mask = (i: number) => view.getUint32(maskAt + 4 * i, true);
  if (masked && bytes.length < maskAt + 12) throw new DataError('a truncated BMP');
  return {
    ...{ width, height, bits, compression, topDown: signedHeight < 0 },
    pixelsAt: view.getUint32(10, true),
    paletteAt: 14 + size + (masked && size === 40 ? 12 : 0),
    entryBytes: old ? 3 : 4,
    colours: bits > 8 ? 0 : Math.min(said === 0 ? 1 << bits : said, 256),
    masks: masked
      ? [mask(0), mask(1), mask(2)]
      : bits === 16
        ? [0x7c00, 0x3e0, 0x1f]
        : [0xff0000, 0xff00, 0xff],
  };
}

/** Writes pixels into `out` by column and row, rows counted as they lie in the file. */
function painter(
  bytes: Uint8Array,
  { width, height, topDown, paletteAt, entryBytes, colours }: BmpHeader,
  out: Uint8Array,
) {
  const start = (row: number) => (topDown ? row : height - 1 - row) * width;
  return {
    start,
    colour(pixel: number, index: number) {
      if (index >= colours) return; // black, as other readers do
      const at = paletteAt + index * entryBytes;
      for (let c = 0; c < 3; c++) out[pixel * 3 + c] = bytes[at + 2 - c] ?? 0;
    },
  };
}

function unpackRows(bytes: Uint8Array, header: BmpHeader, out: Uint8Array): void {
  const { width, height, bits, pixelsAt, masks } = header;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (pixelsAt + stride * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length)
    throw new DataError('a truncated BMP (fewer bytes of pixels than its header says)');
  const { start, colour } = painter(bytes, header, out);
  const channels = masks.map(channelOf);
  for (let row = 0; row < height; row++) {
    const at = pixelsAt + row * stride;
    const pixel = start(row);
    for (let x = 0; x < width; x++) {
      if (bits <= 8) {
        const place = x * bits;
        colour(pixel + x, (bytes[at + (place >> 3)] >> (8 - bits - (place & 7))) & ((1 << bits) - 1));
      } else if (bits === 24) {
        for (let c = 0; c < 3; c++) out[(pixel + x) * 3 + c] = bytes[at + x * 3 + 2 - c];
      } else {
        const b = at + x * (bits >> 3);
        const word =
          bits === 16
            ? bytes[b] | (bytes[b + 1] << 8)
            : (bytes[b] | (bytes[b + 1] << 8) | (bytes[b + 2] << 16) | (bytes[b + 3] << 24)) >>> 0;
        for (let c = 0; c < 3; c++) out[(pixel + x) * 3 + c] = channels[c](word);
      }
    }
  }
}

/** Bits under a mask as 0..255. */
function channelOf(mask: number): (word: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (word) => Math.round((((word & mask) >>> shift) * 255) / most);
}

/** RLE8 and RLE4: pairs of a count and a value; a count of 0 ends a row or the picture, moves on, or begins a literal run. */
function unpackRuns(bytes: Uint8Array, header: BmpHeader, out: Uint8Array): void {
  const { width, height, bits, pixelsAt } = header;
  const { start, colour } = painter(bytes, header, out);
  const nibble = (byte: number, i: number) => (bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15);
  const put = (index: number) => {
    if (x < width && row < height) colour(start(row) + x, index);
    x++;
  };
  let [x, row] = [0, 0];
  for (let at = pixelsAt; ; at += 2) {
    if (at + 2 > bytes.length) throw new DataError('a truncated BMP (its runs have no end)');
    const [count, value] = [bytes[at], bytes[at + 1]];
    if (count > 0) for (let i = 0; i < count; i++) put(nibble(value, i));
    else if (value === 1) return;
    else if (value === 0) [x, row] = [0, row + 1];
    else if (value === 2) {
      x += bytes[at + 2] ?? 0;
      row += bytes[at + 3] ?? 0;
      at += 2;
    } else {
      for (let i = 0; i < value; i++) put(nibble(bytes[at + 2 + (bits === 8 ? i : i >> 1)] ?? 0, i));
      const length = bits === 8 ? value : (value + 1) >> 1;
      at += length + (length & 1);
    }
  }
}
