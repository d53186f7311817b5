import { REGIONS } from '@raca/core/regions';
import { describe, expect, it } from 'vitest';
import { bestRectangle, covered, overlapOf, overlapScores, rectangleMasks } from './overlap';

describe('overlapOf', () => {
  it('counts patches', () => {
    // 2 in both, 3 found, 4 wanted: 2 / 5 and 4 / 7
    const overlap = overlapOf([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 1, 0])!;
    expect(overlap.iou).toBeCloseTo(0.4, 12);
    expect(overlap.dice).toBeCloseTo(4 / 7, 12);
  });
  it('is 0 where nothing is found, and not defined where there is nothing to find', () => {
    expect(overlapOf([0, 0], [1, 0])).toEqual({ iou: 0, dice: 0 });
    expect(overlapOf([1, 0], [0, 0])).toBeNull();
  });
});

it('takes a patch for covered from a third on', () => {
  expect([...covered([0, 0.32, 0.33, 0.34, 1])]).toEqual([0, 0, 0, 1, 1]);
});

describe('bestRectangle', () => {
  it('boxes a cross of five patches with all three rows of its middle column and more', () => {
    // 3 of 5 by a bar; the full 3 × 3 square: 5 / 9; a 2 × 3 box: 4 / 7, below the bar's 3 / 5
    const cross = [0, 1, 0, 1, 1, 1, 0, 1, 0];
    const box = bestRectangle(cross, 3, 3);
    expect(overlapOf(box, cross)!.iou).toBeCloseTo(3 / 5, 12);
  });
  it('is exact for a rectangle and empty for nothing', () => {
    const truth = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0];
    expect([...bestRectangle(truth, 3, 4)]).toEqual(truth);
    expect([...bestRectangle([0, 0, 0, 0], 2, 2)]).toEqual([0, 0, 0, 0]);
  });
});

describe('overlapScores', () => {
  const heart = REGIONS.indexOf('Heart');
  // one view of 1 × 4 patches; the second study has no heart in its image
  const truth = {
    patches: 4,
    views: 1,
    studies: [
      [{ Heart: [0.9, 0.5, 0, 0], Spine: [0, 1, 0, 0] }],
      [{ Heart: [0.1, 0, 0, 0], Spine: [0, 1, 1, 0] }],
    ],
  };
  const masks = new Uint8Array(REGIONS.length * 4);
  masks.set([1, 0, 0, 0], heart * 4);
  masks.set([0, 1, 0, 0], REGIONS.indexOf('Spine') * 4);

  it('averages over the studies in which an organ is seen, then over regions', () => {
    const { regions, mean } = overlapScores('agent', () => masks, truth);
    expect(regions[heart]).toEqual({ region: 'Heart', view: 0, studies: 1, iou: 1 / 2, dice: 2 / 3 });
    const spine = regions[REGIONS.indexOf('Spine')];
    expect([spine.studies, spine.iou]).toEqual([2, 0.75]); // 1 and 1/2
    expect(mean.iou).toBeCloseTo((0.5 + 0.75) / 2, 12);
    expect(regions[0].studies).toBe(0); // no lungs in the truth: not part of the mean
  });

  it('finds each region and view where masks keep them', () => {
    const two = { patches: 1, views: 2, studies: [[{ Heart: [0] }, { Heart: [1] }]] };
    const own = new Uint8Array(REGIONS.length * 2);
    own[heart * 2 + 1] = 1;
    const { regions } = overlapScores('agent', () => own, two);
    expect(regions[heart].studies).toBe(0);
    expect(regions[REGIONS.length + heart]).toMatchObject({ view: 1, studies: 1, iou: 1 });
    expect([...rectangleMasks(two.studies[0], { rows: 1, cols: 1, views: 2 })]).toEqual([...own]);
  });
});
