/** For tests: a header of BITMAPINFOHEADER's 40 bytes (or more), palette and pixels as a BMP file. */
export function bmp(
  width: number,
  height: number,
  bits: number,
  pixels: Uint8Array,
  {
    compression = 0,
    palette = Buffer.alloc(0),
    masks = Buffer.alloc(0),
  }: { compression?: number; palette?: Buffer; masks?: Buffer } = {},
): Buffer {
  const header = Buffer.alloc(54);
  const at = 54 + masks.length + palette.length;
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(at + pixels.length, 2);
  header.writeUInt32LE(at, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(palette.length / 4, 46);
  return Buffer.concat([header, masks, palette, pixels]);
}

/** For tests: 256 grays, blue, green, red and a zero each. */
export const grays = Buffer.from(Array.from({ length: 256 }, (_, v) => [v, v, v, 0]).flat());

/** For tests: one gray picture as BMP files of several kinds, by name. */
export function bitmaps(width: number, height: number, gray: Uint8Array): Record<string, Buffer> {
  const rows = (bytesAPixel: number, put: (value: number) => number[], down = true) => {
    const stride = Math.ceil((width * bytesAPixel) / 4) * 4;
    const out = Buffer.alloc(stride * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        out.set(put(gray[(down ? height - 1 - y : y) * width + x]), y * stride + x * bytesAPixel);
    return out;
  };
  const runs: number[] = [];
  for (let y = height - 1; y >= 0; y--) {
    for (let x = 0; x < width; x++) runs.push(1, gray[y * width + x]);
    runs.push(0, 0);
  }
  runs.push(0, 1);
  return {
    '8.bmp': bmp(
      width,
      height,
      8,
      rows(1, (v) => [v]),
      { palette: grays },
    ),
    '24.bmp': bmp(
      width,
      height,
      24,
      rows(3, (v) => [v, v, v]),
    ),
    '32-top-down.bmp': bmp(
      width,
      -height,
      32,
      rows(4, (v) => [v, v, v, 255], false),
    ),
    'rle8.bmp': bmp(width, height, 8, Uint8Array.from(runs), { compression: 1, palette: grays }),
  };
}
