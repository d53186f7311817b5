import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../node/decode';
import { imageFaults, imageWarnings } from './inspect';
import type { RasterImage } from './raster';

const image = (width: number, height: number, level: (x: number, y: number) => number): RasterImage => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width))),
});
const negative = (picture: RasterImage): RasterImage => ({
  ...picture,
  data: Uint8Array.from(picture.data, (value) => 255 - value),
});

describe('imageWarnings', () => {
  const column = image(100, 120, (x) => (Math.abs(x - 50) < 12 ? 200 : 40 + (x % 9)));

  it('says nothing of a bright column between dark fields', () => expect(imageWarnings(column)).toEqual([]));

  it('knows its negative', () => expect(imageWarnings(negative(column))[0]).toMatch(/^looks inverted/));

  it('names what is tiny, long, or nearly of one gray', () => {
    expect(imageWarnings(image(40, 44, (x) => x * 5))[0]).toBe('tiny: 40x44');
    expect(imageWarnings(image(300, 100, (x) => x % 256))[0]).toBe('odd shape: 300x100');
    expect(imageFaults(image(100, 100, (x, y) => 12 + ((x + y) % 5)))).toEqual([
      'nearly one gray: 98 of 100 pixels between 12 and 16 of 255',
    ]);
    // a few bright marks do not make a picture
    expect(imageFaults(image(100, 100, (x, y) => (x < 3 && y < 3 ? 255 : 7)))).toHaveLength(1);
    // a tenth of the range does
    expect(imageFaults(image(100, 100, (x) => 100 + (x % 26)))).toHaveLength(1);
    expect(imageFaults(image(100, 100, (x) => 100 + (x % 29)))).toEqual([]);
  });

  const data = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
  const folders = [`${data}/hannover_cxr/images`, `${data}/cxr_organ_masks/images/montgomery`];
  it.skipIf(!existsSync(data))(
    'tells real radiographs from their negatives (needs ../shared/data)',
    async () => {
      let [wrong, found, n] = [0, 0, 0];
      for (const folder of folders) {
        for (const name of readdirSync(folder).slice(0, 60)) {
          const picture = await decodeImage(`${folder}/${name}`);
          expect(imageFaults(picture), name).toEqual([]);
          if (imageWarnings(picture).some((line) => line.startsWith('looks inverted'))) wrong++;
          if (imageWarnings(negative(picture)).some((line) => line.startsWith('looks inverted'))) found++;
          n++;
        }
      }
      expect(wrong).toBe(0);
      expect(found / n).toBeGreaterThan(0.95);
    },
  );
});
