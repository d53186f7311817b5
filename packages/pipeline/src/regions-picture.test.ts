import { REGIONS } from '@raca/core/regions';
import { expect, it } from 'vitest';
import { isDrawable } from './glyphs';
import { heatOf } from './heat-colours';
import { viewName } from './picture-views';
import { REGIONS_PICTURE_SIDE, regionsPicture } from './regions-picture';

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

// Laid out by hand: three lines of 24 above; per view a line with its name, the large picture (720 wide) at 16, and from
// 16 + 720 + 16 on four columns of small pictures 200 wide with 16 between; a small picture's name takes 44.
const FIRST = 3 * 24 + 24;
const smallLeft = (column: number) => 16 + 720 + 16 + column * (200 + 16);

it('shows the large picture clean, and a region’s heat and outline over its small copy', () => {
  const images = [gray(100, 50, 100), gray(100, 50, 50)];
  // heart: the third small picture; patches 0 and 1 of the first row, second view
  const picture = regionsPicture({ images, masks: masksWith(2, 1, [0, 1]), grid });
  expect(REGIONS_PICTURE_SIDE).toBe(720);
  expect(picture.width).toBe(smallLeft(4));
  // small copies are 200 x 100, three rows of 100 + 44 + 16 beside a large picture 720 x 360 and its gap
  const second = FIRST + Math.max(360 + 16, 3 * 160) + 24;
  expect(picture.height).toBe(second + 480);
  expect(pixel(picture, 16 + 300, second + 100)).toEqual([50, 50, 50]); // clean
  expect(pixel(picture, smallLeft(2) + 20, FIRST + 20)).toEqual([100, 100, 100]); // nothing in the first view
  const { colour, opacity } = heatOf(1);
  const mixed = colour.map((c) => Math.round(50 * (1 - opacity) + c * opacity));
  const [left, top] = [smallLeft(2), second];
  expect(pixel(picture, left + 10, top + 10)).toEqual(mixed); // before the middle of patch 0
  expect(pixel(picture, left + 1, top + 25)).toEqual([255, 255, 255]); // white line along its left side
  expect(pixel(picture, left + 98, top + 25)).toEqual([255, 255, 255]); // where patch 1 ends
  expect(pixel(picture, left + 50, top + 10)).toEqual(mixed); // no line between patches of one region
  expect(pixel(picture, left + 180, top + 80)).toEqual([50, 50, 50]); // outside
  expect(pixel(picture, smallLeft(1) + 25, top + 25)).toEqual([50, 50, 50]); // another region
});

it('draws probabilities between the middles of patches, without a line below 0.5', () => {
  const probabilities = new Float32Array(12 * 8);
  probabilities[2 * 8] = 0.4; // the heart's first patch
  const images = [gray(100, 50, 100)];
  const picture = regionsPicture({ images, masks: new Uint8Array(12 * 8), probabilities, grid });
  const at = (x: number) => pixel(picture, smallLeft(2) + x, FIRST + 10);
  const mix = (p: number) => {
    const { colour, opacity } = heatOf(p);
    return colour.map((c) => Math.round(100 * (1 - opacity) + c * opacity));
  };
  const isNear = (found: number[], p: number) => found.every((c, i) => Math.abs(c - mix(p)[i]) <= 2);
  expect(isNear(at(5), 0.4)).toBe(true);
  expect(isNear(at(50), 0.2)).toBe(true); // half way to the next middle
  expect(at(80)).toEqual([100, 100, 100]);
});

it('marks right and left on the frontal view alone', () => {
  const images = [gray(100, 100, 200), gray(100, 100, 200)];
  const picture = regionsPicture({ images, masks: new Uint8Array(12 * 2 * 8), grid });
  // letters of 10 x 14 above the pictures; both have an upright stroke at their left
  const isInk = (left: number, top: number) => pixel(picture, left, top)[0] < 50;
  const second = FIRST + Math.max(720 + 16, 3 * (200 + 44 + 16)) + 24;
  const sidesAbove = (y: number) => [isInk(16, y - 24 + 8), isInk(16 + 720 - 12, y - 24 + 8)];
  expect(sidesAbove(FIRST)).toEqual([true, true]);
  expect(sidesAbove(second)[1]).toBe(false); // an L of the name begins where the R would stand
  expect(pixel(picture, 16 + 8, FIRST + 6)).toEqual([200, 200, 200]); // the picture stays clean
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
  const options = { images: [gray(2, 2, 0)], masks: new Uint8Array(96), probabilities: [1], grid };
  expect(() => regionsPicture(options)).toThrow('probabilities must be as many as masks (96), got 1');
});

it('has letters for every name, and a box for others', () => {
  const lines = [
    ...REGIONS,
    viewName(0),
    viewName(1),
    viewName(2),
    'RACA: regions that the agent chose. Research software. Not for clinical use.',
    'probability of a patch: 0',
  ];
  for (const line of lines) expect(isDrawable(line), line).toBe(true);
  expect(isDrawable('ß')).toBe(false);
});

it('draws any regions: as many rows as they need, names in lines of 16 letters', () => {
  const regions = [
    'Right upper lobe',
    'Right middle lobe',
    'A',
    'B',
    'Bronchopulmonarysegments I to X (all)',
  ];
  const images = [gray(100, 50, 100)];
  const masks = new Uint8Array(5 * 8);
  masks[4 * 8] = 1; // the fifth region's first patch: second row, first column
  const picture = regionsPicture({ images, masks, grid, regions });
  expect(picture.width).toBe(smallLeft(4));
  // the longest name takes three lines of 19 after 6: rows of 100 + 63 + 16; two of them, or the large picture 360 and its gap
  const row = 100 + 6 + 3 * 19 + 16;
  expect(picture.height).toBe(FIRST + Math.max(360 + 16, 2 * row));
  const { colour, opacity } = heatOf(1);
  const mixed = colour.map((c) => Math.round(100 * (1 - opacity) + c * opacity));
  expect(pixel(picture, smallLeft(0) + 10, FIRST + row + 10)).toEqual(mixed);
  expect(() => regionsPicture({ images, masks: new Uint8Array(96), grid, regions })).toThrow(
    'regionsPicture: masks must be 5 regions x 1 views x 8 patches, got 96',
  );
});

it('has all letters of English names', () => {
  for (const name of ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz', 'T1 - T12 (left/right)'])
    expect(isDrawable(name), name).toBe(true);
});
