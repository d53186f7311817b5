import { REGIONS } from '@raca/core';
import { describe, expect, it } from 'vitest';
import { affineOf, composed, IDENTITY, STRAIGHT } from './affine';
import { Atlas, atlasOf } from './atlas';
import { PriorPlacement } from './placed-prior';

const R = REGIONS.length;
const VIEWS = { grid: { views: 2, rows: 7, cols: 7 }, kinds: [['frontal', 'unknown']] } as const;
const placement = () => new PriorPlacement(['frontal', 'unknown']);
const move = affineOf({ ...STRAIGHT, dx: 0.3 });

describe('PriorPlacement', () => {
  it('moves the prior with the image; what came in and unknown views do not count', () => {
    const { wanted, counted } = placement().place(VIEWS, { moves: [move, IDENTITY] });
    const masks = atlasOf('frontal')!.masks(move, 7, 7);
    for (let p = 0; p < 49; p++) {
      for (let r = 0; r < R; r++) expect(wanted[p * R + r]).toBe(masks[r * 49 + p]);
    }
    expect([...counted.subarray(0, 7)]).toEqual([0, 0, 1, 1, 1, 1, 1]); // 0.3 of 7 patches: 2.1
    expect(counted.subarray(49).some((x) => x !== 0)).toBe(false);
  });

  it('lays the prior of what each study shows; empty slots and other views do not count', () => {
    const kinds = [
      ['lateral', null],
      ['other', 'frontal'],
    ] as const;
    const { wanted, counted } = placement().place({ ...VIEWS, kinds });
    const sums = [0, 1, 2, 3].map((k) => counted.subarray(k * 49, (k + 1) * 49).reduce((a, x) => a + x, 0));
    expect(sums).toEqual([49, 0, 0, 49]);
    const [lateral, frontal] = (['lateral', 'frontal'] as const).map((kind) =>
      atlasOf(kind)!.masks(IDENTITY, 7, 7),
    );
    for (let p = 0; p < 49; p++) {
      for (let r = 0; r < R; r++) {
        expect(wanted[p * R + r]).toBe(lateral[r * 49 + p]);
        expect(wanted[(3 * 49 + p) * R + r]).toBe(frontal[r * 49 + p]);
      }
    }
  });

  it('takes margins for empty where told', () => {
    const whole = { left: -1, right: 1, top: -1, bottom: 1 };
    const windows = [{ ...whole, top: -0.3 }, whole];
    const { wanted, counted } = placement().place(VIEWS, { moves: [move, IDENTITY], windows });
    const of = (row: number, col: number) => [
      ...wanted.subarray((row * 7 + col) * R, (row * 7 + col + 1) * R),
    ];
    expect(of(3, 0)).toEqual(Array(R).fill(0)); // beyond the image
    expect(of(0, 4)).toEqual(Array(R).fill(0)); // under the border
    expect(of(3, 4)).toContain(1);
    expect(counted.subarray(0, 49).every((x) => x === 1)).toBe(true);
  });

  it('takes lungs and heart from outlines, moved along, and the rest from the prior', () => {
    const [lungs, heart] = [REGIONS.indexOf('Lung fields'), REGIONS.indexOf('Heart')];
    // lungs everywhere on the left half, no heart
    const outline = new Atlas((rows, cols) => {
      const out = new Float32Array(R * rows * cols);
      for (let i = 0; i < rows * cols; i++) out[lungs * rows * cols + i] = i % cols < cols / 2 ? 1 : 0;
      return out;
    });
    const shift = affineOf({ ...STRAIGHT, dx: 0.15 }); // the half now ends after 0.65 · 7 = 4.55 patches
    const { wanted } = placement().place(VIEWS, { moves: [shift, IDENTITY], outlines: [outline, null] });
    const prior = atlasOf('frontal')!.masks(shift, 7, 7);
    for (let p = 0; p < 49; p++) {
      for (let r = 0; r < R; r++) {
        const drawn = r === heart ? 0 : r === lungs ? Number(p % 7 < 5) : prior[r * 49 + p];
        expect(wanted[p * R + r], `${REGIONS[r]} ${p}`).toBe(drawn);
      }
    }
  });

  it('lays the prior where the log-odds say, less the mean pose', () => {
    const pose = { ...STRAIGHT, dy: 0.1 };
    const shifted = atlasOf('frontal')!.masks(affineOf(pose), 7, 7);
    const logits = new Float32Array(2 * 49 * R);
    for (let p = 0; p < 49; p++) for (let r = 0; r < R; r++) logits[p * R + r] = shifted[r * 49 + p] ? 9 : -9;
    const first = placement();
    const { wanted } = first.place(VIEWS, { logits });
    const agree = (masks: Float32Array): number => {
      let same = 0;
      for (let p = 0; p < 49; p++)
        for (let r = 0; r < R; r++) same += wanted[p * R + r] === masks[r * 49 + p] ? 1 : 0;
      return same / (49 * R);
    };
    expect(agree(shifted)).toBeGreaterThan(0.93);
    expect(agree(shifted)).toBeGreaterThan(
      agree(atlasOf('frontal')!.masks(composed(IDENTITY, IDENTITY), 7, 7)) + 0.02,
    );
    expect(first.state()[1]).toBeGreaterThan(0); // the mean has begun to follow
    const settled = placement();
    settled.loadState(Float32Array.of(0, 0.1, 0, 0, 0, 0, 0, 0, 0, 0));
    const again = settled.place(VIEWS, { logits }).wanted;
    const straight = placement().place(VIEWS).wanted;
    const differ = again.reduce((a, x, i) => a + (x === straight[i] ? 0 : 1), 0);
    expect(differ / (49 * R)).toBeLessThan(0.04); // everybody stands so: then it is straight
  });
});
