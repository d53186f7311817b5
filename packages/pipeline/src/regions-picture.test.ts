import { REGIONS } from '@raca/core/regions';
import { expect, it } from 'vitest';
import { glyph, isDrawable } from './glyphs';
import { REGION_COLOURS, regionsPicture } from './regions-picture';

const grid = { rows: 2, cols: 4 };
const gray = (width: number, height: number, level: number) => ({
  width,
  height,
  channels: 1,
  data: new Uint8Array(width * height).fill(level),
});
const pixel = ({ width, data }: { width: number; data: ArrayLike<number> }, x: number, y: number) =>
  Array.from({ length: 3 }, (_, c) => data[(y * width + x) * 3 + c]);

/** Masks of 12 regions, 2 views, 8 patches, with one region's patches on in one view. */
function masksWith(region: number, view: number, patches: number[]): Uint8Array {
  const masks = new Uint8Array(12 * 2 * 8);
  for (const k of patches) masks[(region * 2 + view) * 8 + k] = 1;
  return masks;
}

it('outlines and tints the patches of a region, in its colour, in its view', () => {
  const images = [gray(100, 50, 100), gray(100, 50, 50)];
  // heart: index 2, no inset · 4; patches 0 and 1 of the first row, second view
  const picture = regionsPicture({ images, masks: masksWith(2, 1, [0, 1]), grid });
  expect(picture.width).toBe(12 + 512 + 12 + 4 * (160 + 12));
  // large pictures are 512 x 256, blocks of small ones 3 · (80 + 12 + 12) = 312 high: views begin at 36 and 36 + 324
  const second = 36 + 324;
  expect(pixel(picture, 12 + 60, 36 + 10)).toEqual([100, 100, 100]); // the first view has no region
  const [red, green, blue] = REGION_COLOURS[2];
  const inset = 4;
  expect(pixel(picture, 12 + 60, second + inset)).toEqual([red, green, blue]); // above
  expect(pixel(picture, 12 + inset, second + 60)).toEqual([red, green, blue]); // left
  expect(pixel(picture, 12 + 256 - 2 - inset, second + 60)).toEqual([red, green, blue]); // right, where patch 1 ends
  expect(pixel(picture, 12 + 128, second + 60)).toEqual([50, 50, 50]); // no line between patches of one region
  expect(pixel(picture, 12 + 300, second + 4)).toEqual([50, 50, 50]); // outside
  // the third small picture: 40 % colour over 60 % image, left half of the upper half
  const left = 12 + 512 + 12 + 2 * 172;
  const mixed = [red, green, blue].map((c) => Math.round(0.6 * 50 + 0.4 * c));
  expect(pixel(picture, left + 40, second + 20)).toEqual(mixed);
  expect(pixel(picture, left + 120, second + 20)).toEqual([50, 50, 50]);
  expect(pixel(picture, left + 40, second + 60)).toEqual([50, 50, 50]);
});

it('draws any shape and size, colour too', () => {
  const masks = new Uint8Array(12 * 8).fill(1);
  for (const [width, height] of [
    [1, 1],
    [3000, 20],
    [20, 3000],
  ]) {
    const image = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(9) };
    const picture = regionsPicture({ images: [image], masks, grid });
    expect(picture.data.length).toBe(picture.width * picture.height * 3);
  }
});

it('refuses masks that do not fit', () => {
  expect(() => regionsPicture({ images: [gray(2, 2, 0)], masks: new Uint8Array(100), grid })).toThrow(
    'regionsPicture: masks must be 12 regions x 1 views x 8 patches, got 100',
  );
});

it('has letters for every name, and a box for others', () => {
  for (const name of [
    ...REGIONS,
    'RACA: regions that the agent chose. Research software. Not for clinical use.',
  ])
    expect(isDrawable(name), name).toBe(true);
  expect(isDrawable('ß')).toBe(false);
  expect(glyph('ß')).toHaveLength(7);
});
