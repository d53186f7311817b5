import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readGrayPng } from './gray-png';

const chunk = (kind: string, data: Uint8Array): Buffer => {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(kind, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
};
const header = (width: number, height: number, ...kind: number[]): Buffer => {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set(kind.length > 0 ? kind : [8, 0, 0, 0, 0], 8);
  return chunk('IHDR', data);
};
const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
const end = chunk('IEND', new Uint8Array(0));
const png = (...chunks: Buffer[]): Buffer => Buffer.concat([start, ...chunks, end]);

/** 40 rows of 21 numbers; row y has filter y mod 5. */
const rows = Uint8Array.from({ length: 40 * 22 }, (_, i) =>
  i % 22 === 0 ? (i / 22) % 5 : (i * i * 31 + i * 7) % 256,
);
const packed = deflateSync(rows);
const good = png(header(21, 40), chunk('IDAT', packed));

describe('readGrayPng', () => {
  it('equals libpng on every filter', async () => {
    const expected = await sharp(good).toColourspace('b-w').raw().toBuffer();
    expect(readGrayPng(good)).toEqual({ width: 21, height: 40, channels: 1, data: new Uint8Array(expected) });
    const halves = [packed.subarray(0, 100), packed.subarray(100)].map((part) => chunk('IDAT', part));
    expect(readGrayPng(png(header(21, 40), ...halves))).toEqual(readGrayPng(good));
  });

  it.each([
    [1, 1],
    [7, 3],
    [128, 128],
  ])('reads back what sharp writes, %s × %s', async (width, height) => {
    const data = Uint8Array.from({ length: width * height }, (_, i) => 128 + 99 * Math.sin(i / 9));
    const raw = sharp(data, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
    const bytes = await raw.png({ adaptiveFiltering: true }).toBuffer();
    expect(readGrayPng(bytes)?.data).toEqual(data);
  });

  const flipped = (at: number): Buffer => {
    const out = Buffer.from(good);
    out[at] ^= 1;
    return out;
  };
  const odd = rows.slice();
  odd[22] = 5;
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another signature', flipped(0)],
    ['a wrong sum of the header', flipped(30)],
    ['a wrong sum of the pixels', flipped(60)],
    ['a file that is cut', good.subarray(0, good.length - 1)],
    ['a file without end', good.subarray(0, good.length - 12)],
    ['something behind the end', Buffer.concat([good, end])],
    ['too few rows', png(header(21, 41), chunk('IDAT', packed))],
    ['too many rows', png(header(21, 39), chunk('IDAT', packed))],
    ['no pixels', png(header(21, 40))],
    ['a filter that is none', png(header(21, 40), chunk('IDAT', deflateSync(odd)))],
    ['colour', png(header(7, 40, 8, 2, 0, 0, 0), chunk('IDAT', packed))],
    ['interlaced rows', png(header(21, 40, 8, 0, 0, 0, 1), chunk('IDAT', packed))],
    ['transparency', png(header(21, 40), chunk('tRNS', Uint8Array.of(0, 3)), chunk('IDAT', packed))],
    ['more pixels than it should', png(header(1 << 20, 2), chunk('IDAT', packed))],
  ])('leaves to others: %s', (_, bytes) => expect(readGrayPng(bytes)).toBeNull());
});
