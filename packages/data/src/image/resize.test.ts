import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../node/decode';
import { crop, type RasterImage } from './raster';
import { resize, resizeShortSide } from './resize';

const shared = (path: string) => fileURLToPath(new URL(`../../../../../shared/${path}`, import.meta.url));
const gray = (width: number, height: number, values: number[]): RasterImage => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(values),
});

describe('resize', () => {
  it('matches weights worked by hand', () => {
    // 4 → 2: triangle of half-width 2 around 1: weights 1/8·(3, 3, 1 outside 1) → taps 0.75, 0.75, 0.25 / 1.75.
    const { data } = resize(gray(4, 1, [0, 70, 140, 210]), 2, 1);
    expect([...data]).toEqual([50, 160]); // (0.75·0 + 0.75·70 + 0.25·140) / 1.75 = 50; by symmetry 210 − 50
  });

  it('rounds half up between the passes for bytes, not for floats', () => {
    expect([...resize(gray(2, 1, [0, 1]), 1, 1).data]).toEqual([1]);
    expect([...resize({ width: 2, height: 1, channels: 1, data: Float32Array.of(0, 1) }, 1, 1).data]).toEqual(
      [0.5],
    );
  });

  it('keeps a constant and the identity', () => {
    expect(new Set(resize(gray(5, 7, Array(35).fill(255)), 13, 3).data)).toEqual(new Set([255]));
    const image = gray(3, 2, [1, 2, 3, 4, 5, 6]);
    expect(resize(image, 3, 2)).toEqual(image);
  });

  it('equals crop after resize where only a window is asked for', () => {
    const data = Uint8Array.from({ length: 37 * 29 * 3 }, (_, i) => (i * 7919) % 256);
    const image = { width: 37, height: 29, channels: 3, data };
    for (const [width, height] of [
      [19, 23],
      [60, 41],
    ]) {
      const box = { left: 4, top: 5, width: 11, height: 9 };
      expect(resize(image, width, height, box)).toEqual(crop(resize(image, width, height), box));
    }
  });

  it('rejects impossible sizes', () => {
    expect(() => resize(gray(1, 1, [0]), 0, 4)).toThrow('resize: box must lie inside 0x4');
    expect(() => crop(gray(2, 2, [0, 0, 0, 0]), { left: 1, top: 0, width: 2, height: 1 })).toThrow(
      'crop: box must lie inside 2x2, got 2x1 at (1, 0)',
    );
  });

  const goldenDir = shared('golden/preprocess');
  it.skipIf(!existsSync(goldenDir) || !existsSync(shared('data')))(
    'equals Pillow on real X-rays (needs ../shared/golden and ../shared/data)',
    async () => {
      const folder = shared('data/nih_cxr_examples/images');
      const files = [
        ...readdirSync(folder)
          .sort()
          .slice(0, 3)
          .map((name) => `${folder}/${name}`),
        shared('data/iu_xray/images/CXR25_IM-1024/0.png'),
      ];
      for (const [i, file] of files.entries()) {
        const image = await decodeImage(file);
        expect(difference(resize(image, 224, 224), await decodeImage(`${goldenDir}/${i}_eval224.png`))).toBe(
          0,
        );
        const short = await decodeImage(`${goldenDir}/${i}_short256.png`);
        expect(difference(resizeShortSide(image, 256), short)).toBe(0);
      }
    },
  );
});

/** Largest absolute difference in gray levels. */
function difference(a: RasterImage, b: RasterImage): number {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
  let worst = 0;
  for (let i = 0; i < a.data.length; i++) worst = Math.max(worst, Math.abs(a.data[i] - b.data[i]));
  return worst;
}
