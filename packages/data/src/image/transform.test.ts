import { Random } from '@raca/core/random';
import { describe, expect, it } from 'vitest';
import { crop, flipHorizontal, type RasterImage } from './raster';
import { resizeShortSide } from './resize';
import {
  evalTransform,
  finish,
  normalise,
  place,
  prepare,
  type Transform,
  trainTransform,
} from './transform';

const image: RasterImage = {
  width: 50,
  height: 40,
  channels: 1,
  data: Uint8Array.from({ length: 2000 }, (_, i) => (i * 31) % 256),
};
const fixed = (...values: number[]) => ({ next: () => values.shift()! });

describe('normalise', () => {
  it('matches values worked by hand', () => {
    const gray = normalise({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) });
    // (x / 255 - mean) / std with ImageNet's red 0.485, 0.229; green 0.456, 0.224; blue 0.406, 0.225
    const expected = [-2.117904, -2.035714, -1.804444, 2.248908, 2.428571, 2.64];
    for (const [i, value] of expected.entries()) expect(gray[i]).toBeCloseTo(value, 5);
    const colour = normalise({ width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 255) });
    for (const [i, value] of [2.248908, -2.035714, 2.64].entries()) expect(colour[i]).toBeCloseTo(value, 5);
  });

  it('rejects other numbers of channels', () => {
    const odd = { width: 1, height: 1, channels: 2, data: Uint8Array.of(0, 1) };
    expect(() => normalise(odd)).toThrow('normalise: image must have 1 or 3 channels, got 2');
  });
});

describe('trainTransform', () => {
  it('crops where the draws say and does not flip by itself', () => {
    const short = resizeShortSide(image, 20); // 25 x 20
    const first = trainTransform(image, { shortSide: 20, size: 16, random: fixed(0, 0, 0) });
    expect(first).toEqual(normalise(crop(short, { left: 0, top: 0, width: 16, height: 16 })));
    const last = trainTransform(image, { shortSide: 20, size: 16, random: fixed(0.999, 0.999, 0) });
    expect(last).toEqual(normalise(crop(short, { left: 9, top: 4, width: 16, height: 16 })));
  });

  it('mirrors half of the images where asked to', () => {
    const options = { shortSide: 20, size: 16, flip: true };
    const plain = crop(resizeShortSide(image, 20), { left: 0, top: 0, width: 16, height: 16 });
    expect(trainTransform(image, { ...options, random: fixed(0, 0, 0.5) })).toEqual(normalise(plain));
    const mirror = trainTransform(image, { ...options, random: fixed(0, 0, 0.49) });
    expect(mirror).toEqual(normalise(flipHorizontal(plain)));
    expect([
      ...flipHorizontal({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }).data,
    ]).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it('draws as often with the flip as without', () => {
    const [one, other] = [new Random(5), new Random(5)];
    trainTransform(image, { shortSide: 20, size: 16, random: one });
    trainTransform(image, { shortSide: 20, size: 16, flip: true, random: other });
    expect(one.next()).toBe(other.next());
  });
});

describe('prepare and finish', () => {
  it('equal the transform in one go', () => {
    const random = new Random(1);
    for (let i = 0; i < 20; i++) {
      const draws = [random.next(), random.next(), random.next()] as const;
      const transform: Transform = { kind: 'train', shortSide: 24, size: 20, flip: true };
      expect(finish(prepare(image, transform), transform, draws)).toEqual(place(image, transform, draws));
    }
  });

  it('squeeze to a square in evaluation', () => {
    expect(evalTransform(image, { size: 16 }).length).toBe(16 * 16 * 3);
    const transform: Transform = { kind: 'eval', size: 16 };
    expect(evalTransform(image, transform)).toEqual(normalise(place(image, transform, [0.3, 0.4, 0.1])));
  });
});
