import { REGIONS } from '@raca/core';
import { describe, expect, it } from 'vitest';
import { affineOf, IDENTITY, STRAIGHT } from './affine';
import { Atlas, atlasOf } from './atlas';

const heart = REGIONS.indexOf('Heart');

/** Region 2 fills the left half of the view, nothing else is anywhere. */
const half = new Atlas((rows, cols) => {
  const out = new Float32Array(REGIONS.length * rows * cols);
  for (let i = 0; i < rows * cols; i++) if (i % cols < cols / 2) out[heart * rows * cols + i] = 1;
  return out;
});
const row = (pose: Partial<typeof STRAIGHT>, cols = 4): number[] => [
  ...half.coverage(affineOf({ ...STRAIGHT, ...pose }), 1, cols).subarray(heart * cols, (heart + 1) * cols),
];

describe('Atlas', () => {
  it('moves, scales and turns the prior', () => {
    expect(row({})).toEqual([1, 1, 0, 0]);
    expect(row({ dx: 0.25 })).toEqual([1, 1, 1, 0]);
    expect(row({ dx: -0.125 })).toEqual([1, 0.5, 0, 0]); // and goes on beyond the left edge
    expect(row({ turn: Math.PI })).toEqual([0, 0, 1, 1]);
    expect(row({ turn: Math.PI / 2 }, 1)).toEqual([0.5]); // the upper half
  });
  it('counts a patch from a third on', () => {
    const third = half.masks(affineOf({ ...STRAIGHT, dx: -0.125 }), 1, 4);
    expect([...third.subarray(heart * 4, heart * 4 + 4)]).toEqual([1, 1, 0, 0]);
  });
  it('stays close to the prior it was drawn from when nothing moves', () => {
    const atlas = atlasOf('frontal')!.masks(IDENTITY, 7, 7);
    expect(atlas.subarray(heart * 49, heart * 49 + 49).reduce((a, x) => a + x, 0)).toBeGreaterThan(5);
    expect(atlasOf('unknown')).toBeNull();
  });
});
