import { constants, deflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Each byte less the mean of the ones to the left and above: the best single guess on noisy grays. */
const AVERAGE = 3;

/**
 * 8-bit gray pixels, row by row, as a PNG file. For many small noisy images: without a library's fixed cost an
 * image, which is several times that of the compression, and with runs only, as noise does not repeat.
 *
 * @param pixels `width × height` values 0..255
 * @throws RangeError if their number is another
 * @see Portable Network Graphics (PNG) Specification, W3C, sections 5, 9 and 11
 */
export function grayPng(pixels: Uint8Array, width: number, height: number): Uint8Array {
  if (!(width > 0 && height > 0) || pixels.length !== width * height) {
    throw new RangeError(`grayPng: expected ${width} x ${height} pixels, got ${pixels.length}`);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits a pixel; colour type 0 is gray, 0 for the rest the only or the plain choice
  const packed = deflateSync(filtered(pixels, width, height), { strategy: constants.Z_RLE });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', packed),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** Rows with the filter's number in front. Outside of the image all is 0. */
function filtered(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Uint8Array((width + 1) * height);
  for (let y = 0, i = 0, o = 0; y < height; y++) {
    out[o++] = AVERAGE;
    let left = 0;
    for (let x = 0; x < width; x++, i++, o++) {
      const above = y > 0 ? pixels[i - width] : 0;
      out[o] = pixels[i] - ((left + above) >> 1);
      left = pixels[i];
    }
  }
  return out;
}

/** Length, four letters, data, and the check sum of letters and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8);
  return out;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 of ISO 3309, as PNG and zip use it. (`crc32` of node:zlib is missing in older releases of Node 20.) */
function crc32(bytes: Uint8Array): number {
  let c = ~0;
  for (let i = 0; i < bytes.length; i++) c = CRC[(c ^ bytes[i]) & 0xff] ^ (c >>> 8);
  return ~c >>> 0;
}
