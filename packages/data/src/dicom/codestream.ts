import { DataError } from '../errors';

/** Size of the picture inside a codestream, read before anything is decoded. */
export interface CodestreamSize {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Bits a sample. */
  readonly precision: number;
  /** JPEG: the frame marker's second byte (0xc0 baseline, 0xc1 extended, 0xc2 progressive, 0xc3 lossless, 0xf7 JPEG-LS). */
  readonly frame: number;
}

/** More tiles than this are a bomb: each costs a decoder kilobytes, whatever its size. */
const MAX_TILES = 4096;

/** Size field of a JPEG or JPEG-LS codestream. @throws DataError if there is none before the picture */
export function jpegSize(data: Uint8Array): CodestreamSize {
  for (const { marker, start, end } of jpegSegments(data)) {
    const isFrame =
      (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) || marker === 0xf7;
    if (!isFrame) continue;
    if (end - start < 6) break;
    const u16 = (at: number) => (data[at] << 8) | data[at + 1];
    return {
      precision: data[start],
      height: u16(start + 1),
      width: u16(start + 3),
      components: data[start + 5],
      frame: marker,
    };
  }
  throw new DataError('JPEG data without a frame header');
}

/** Segments up to and with the first scan header. @throws DataError if the data begin or go on otherwise */
export function* jpegSegments(data: Uint8Array): Generator<{ marker: number; start: number; end: number }> {
  if (data[0] !== 0xff || data[1] !== 0xd8) throw new DataError('no JPEG data (no start mark)');
  let at = 2;
  while (at + 4 <= data.length) {
    if (data[at] !== 0xff) throw new DataError('damaged JPEG data (no marker where one is due)');
    const marker = data[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) return;
    const length = (data[at + 2] << 8) | data[at + 3];
    const end = at + 2 + length;
    if (length < 2 || end > data.length)
      throw new DataError('truncated JPEG data (a segment runs past the end)');
    yield { marker, start: at + 4, end };
    if (marker === 0xda) return;
    at = end;
  }
}

/** Size field of a JPEG 2000 codestream, bare or in JP2 boxes. @throws DataError if there is none, or too many tiles */
export function jpeg2000Size(data: Uint8Array): CodestreamSize {
  const at = data[0] === 0xff ? 0 : indexOfCodestream(data);
  if (
    at < 0 ||
    data[at + 1] !== 0x4f ||
    data[at + 2] !== 0xff ||
    data[at + 3] !== 0x51 ||
    at + 45 > data.length
  )
    throw new DataError('no JPEG 2000 data (no start mark)');
  const view = new DataView(data.buffer, data.byteOffset + at, data.byteLength - at);
  const [right, bottom, left, top, tileWidth, tileHeight, tileLeft, tileTop] = [
    8, 12, 16, 20, 24, 28, 32, 36,
  ].map((offset) => view.getUint32(offset));
  const tiles = Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight);
  if (!(tiles > 0 && tiles <= MAX_TILES))
    throw new DataError(`JPEG 2000 data of ${Number.isFinite(tiles) ? tiles : 'endless'} tiles`);
  return {
    width: right - left,
    height: bottom - top,
    components: view.getUint16(40),
    precision: (data[at + 42] & 127) + 1,
    frame: 0x4f,
  };
}

function indexOfCodestream(data: Uint8Array): number {
  for (let i = 0; i + 4 < Math.min(data.length, 4096); i++)
    if (data[i] === 0xff && data[i + 1] === 0x4f && data[i + 2] === 0xff && data[i + 3] === 0x51) return i;
  return -1;
}
