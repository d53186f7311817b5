import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { Random } from '@raca/core/random';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeImage, encodePng } from './decode';

const dir = mkdtempSync(join(tmpdir(), 'raca-data-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
};

/** A PNG put together by hand after the PNG specification: rows of raw bytes, filter 0, checksums. */
function png(width: number, height: number, depth: number, colour: number, rows: number[][]): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const pixels = deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])));
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('decodeImage', () => {
  it('reads 8-bit gray as it is', async () => {
    const image = await decodeImage(
      file(
        '8.png',
        png(3, 2, 8, 0, [
          [0, 1, 2],
          [100, 200, 255],
        ]),
      ),
    );
    expect(image).toEqual({ width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 1, 2, 100, 200, 255) });
  });

  it('scales 16-bit gray: 65535 is 255, and no value wraps or clips', async () => {
    const row = [0, 0x0100, 0x8080, 0xff00, 0xffff].flatMap((value) => [value >> 8, value & 255]);
    const { channels, data } = await decodeImage(file('16.png', png(5, 1, 16, 0, [row])));
    expect([channels, ...data]).toEqual([1, 0, 1, 128, 254, 255]); // value / 257, rounded
  });

  it('drops transparency and makes equal channels one', async () => {
    const rgba = [10, 10, 10, 0, 90, 90, 90, 128];
    expect([...(await decodeImage(file('rgba.png', png(2, 1, 8, 6, [rgba])))).data]).toEqual([10, 90]);
    const grayAlpha = await decodeImage(file('ga.png', png(2, 1, 8, 4, [[7, 0, 9, 255]])));
    expect([grayAlpha.channels, ...grayAlpha.data]).toEqual([1, 7, 9]);
    const rgb16 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80];
    expect([...(await decodeImage(file('rgb16.png', png(1, 1, 16, 2, [rgb16])))).data]).toEqual([128]);
  });

  it('keeps colour where there is some', async () => {
    const image = await decodeImage(file('rgb.png', png(1, 1, 8, 2, [[1, 2, 3]])));
    expect([image.channels, ...image.data]).toEqual([3, 1, 2, 3]);
  });

  it('reads JPEG, gray and colour', async () => {
    const raw = { raw: { width: 8, height: 8, channels: 1 as const } };
    const jpeg = await sharp(new Uint8Array(64).fill(77), raw)
      .toColourspace('b-w')
      .jpeg({ quality: 100 })
      .toBuffer();
    const image = await decodeImage(file('gray.jpg', jpeg));
    expect([image.channels, ...new Set(image.data)]).toEqual([1, 77]);
  });

  it('reads back what encodePng wrote', async () => {
    const image = { width: 2, height: 2, channels: 1, data: Uint8Array.of(3, 60, 128, 250) };
    expect(await decodeImage(file('own.png', await encodePng(image)))).toEqual(image);
    const wide = { ...image, data: Float32Array.of(-5, 60.4, 128, 300) };
    expect([...(await decodeImage(file('wide.png', await encodePng(wide)))).data]).toEqual([0, 60, 128, 255]);
  });

  const whole = png(
    64,
    64,
    8,
    0,
    Array.from({ length: 64 }, (_, y) => Array.from({ length: 64 }, (_, x) => (x * y * 37) % 251)),
  );
  const faults: [string, Uint8Array][] = [
    ['empty', new Uint8Array(0)],
    ['text', Buffer.from('not a picture')],
    ['truncated', whole.subarray(0, whole.length / 2)],
    ['corrupt', Uint8Array.from(whole, (byte, i) => (i > 60 && i < 90 ? byte ^ 0x5a : byte))],
    ['huge', png(100_000, 100_000, 8, 0, [[0]])],
  ];
  it.each(faults)('names the file that is %s, in one line', async (name, bytes) => {
    const path = file(`${name}.png`, bytes);
    await expect(decodeImage(path)).rejects.toThrow(/^[^\n]+$/);
    await expect(decodeImage(path)).rejects.toThrow(
      `${path}: expected a readable image (DICOM, PNG, JPEG, TIFF, BMP, WebP, JPEG 2000), found: `,
    );
  });

  it('survives any damage: pixels of the declared size, or one line', async () => {
    const jpeg = await sharp(whole).jpeg().toBuffer();
    const random = new Random(11);
    for (let i = 0; i < 150; i++) {
      const bytes = Uint8Array.from(i % 2 === 0 ? whole : jpeg);
      for (let k = 0; k <= random.int(4); k++) bytes[random.int(bytes.length)] ^= 1 << random.int(8);
      const path = file('damaged', i % 5 === 0 ? bytes.subarray(0, random.int(bytes.length)) : bytes);
      const image = await decodeImage(path).catch((error: Error) => error);
      if (image instanceof Error)
        expect(image.message).toMatch(/damaged: expected a readable image \(.*\), found: .+$/);
      else expect(image.data.length).toBe(image.width * image.height * image.channels);
    }
  });

  it('names the file that is not there, without a second path in the line', async () => {
    await expect(decodeImage(join(dir, 'none.png'))).rejects.toThrow(
      /none\.png: expected .*, found: nothing$/,
    );
  });
});
