import { Random } from '@raca/core/random';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { grayPng } from './png';

it('is read by libvips as the same grays', async () => {
  for (const [width, height] of [
    [1, 1],
    [3, 2],
    [128, 130],
  ]) {
    const random = new Random(width);
    const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i % 5 ? random.int(256) : 255));
    const { data, info } = await sharp(grayPng(pixels, width, height), { failOn: 'warning' })
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width, height, channels: 1 });
    expect(Uint8Array.from(data)).toEqual(pixels);
  }
});

it('ends with the check sum that every PNG ends with', () => {
  const file = Buffer.from(grayPng(Uint8Array.of(7), 1, 1));
  expect(file.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082'); // a published constant
});

it('says how many pixels it expects', () => {
  expect(() => grayPng(new Uint8Array(5), 2, 3)).toThrow('expected 2 x 3 pixels, got 5');
});
