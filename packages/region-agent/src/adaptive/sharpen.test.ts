import { Random, REGIONS } from '@raca/core';
import { describe, expect, it } from 'vitest';
import { CELLS, cellGray, sharpened, softened, spread } from './sharpen';

const R = REGIONS.length;
const SIDE = 7 * CELLS;

/** A bright square of cells on dark ground with noise; row and column of its corner, and its side. */
function picture(top: number, left: number, side: number): Float32Array {
  const random = new Random(5);
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    const inside = y >= top && y < top + side && x >= left && x < left + side;
    return (inside ? 1.5 : -0.5) + 0.2 * random.normal();
  });
}

const square = (top: number, left: number, side: number): Float32Array => {
  const out = new Float32Array(R * SIDE * SIDE);
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) out[(2 * SIDE + y) * SIDE + x] = 1;
  }
  return out;
};
const heart = (masks: Float32Array): number[][] =>
  Array.from({ length: 7 }, (_, y) => [...masks.subarray((2 * 7 + y) * 7, (2 * 7 + y) * 7 + 7)]);

describe('sharpened', () => {
  it('moves a region from where it is drawn to what the image shows', () => {
    const field = softened(square(8, 8, 12), SIDE, SIDE); // drawn on cells 8..19: patches 2..4
    const masks = heart(sharpened(field, picture(6, 6, 12), 7, 7)); // shown on 6..17: half of patches 1 and 4
    const corner = (y: number, x: number): boolean => [1, 4].includes(y) && [1, 4].includes(x); // a quarter only
    const expected = Array.from({ length: 7 }, (_, y) =>
      Array.from({ length: 7 }, (_, x) => (y > 0 && y < 5 && x > 0 && x < 5 && !corner(y, x) ? 1 : 0)),
    );
    expect(masks).toEqual(expected);
  });
  it('keeps the drawing where gray says nothing', () => {
    const masks = heart(
      sharpened(softened(square(8, 8, 12), SIDE, SIDE), new Float32Array(SIDE * SIDE), 7, 7),
    );
    expect(masks.flat().reduce((a, x) => a + x, 0)).toBe(9);
    expect(masks[2].slice(2, 5)).toEqual([1, 1, 1]);
  });
  it('chooses nothing where there is no field', () => {
    expect(sharpened(new Float32Array(R * SIDE * SIDE), picture(0, 0, 9), 7, 7).includes(1)).toBe(false);
  });
});

it('cellGray is the standardised mean of the first channel over cells', () => {
  // one patch, 4 × 4 cells of 2 × 2 pixels; the upper two rows of cells are 3, the others 1
  const values = Float32Array.from({ length: 64 * 2 }, (_, i) => (i % 2 ? 9 : i < 64 ? 3 : 1));
  const gray = cellGray({ height: 8, width: 8, channels: 2, values }, 1, 1);
  expect([...gray]).toEqual([...Array(8).fill(1), ...Array(8).fill(-1)]);
});

it('spread is linear between the middles of patches', () => {
  const patches = new Float32Array(R * 2).fill(0);
  patches[1] = 1; // one row of two patches: 0, 1
  const row = spread(patches, 1, 2).subarray(0, 8);
  [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1].forEach((x, i) => {
    expect(row[i]).toBeCloseTo(x, 6);
  });
});
