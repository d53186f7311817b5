import { REGIONS } from '@raca/core';
import { describe, expect, it } from 'vitest';
import { anatomicalPrior } from '../prior/anatomical-prior';
import { affineOf, IDENTITY, STRAIGHT } from './affine';
import { bodyOf } from './body';
import { type Chest, drawnChest, drawnLungs, iou, SIDE } from './drawn-chest';
import { outlined } from './outline';

const [LUNGS, HEART] = [REGIONS.indexOf('Lung fields'), REGIONS.indexOf('Heart')];

const outline = (chest: Chest) =>
  outlined(bodyOf({ height: SIDE, width: SIDE, channels: 1, values: drawnChest(chest) }));
const of = (masks: Float32Array, r: number, n: number): Float32Array => masks.subarray(r * n, (r + 1) * n);

describe('outlined', () => {
  const rows = 28;
  const n = rows * rows;
  const prior = anatomicalPrior(rows, rows, 'frontal')!;

  it.each([
    { y: 0.4, apart: 0.2, high: 0.28, wide: 0.12 },
    { y: 0.5, apart: 0.24, high: 0.3, wide: 0.15 },
  ])('finds lungs by their gray, without the air beside the body: %o', (chest) => {
    const lungs = of(outline(chest).coverage(IDENTITY, rows, rows), LUNGS, n).map((x) => (x >= 0.5 ? 1 : 0));
    const wanted = drawnLungs(chest, rows);
    expect(iou(lungs, wanted)).toBeGreaterThan(0.8);
    expect(iou(of(prior, LUNGS, n), wanted)).toBeLessThan(0.75);
  });

  it('carries the heart along with the lungs and cuts it at them', () => {
    const middle = (chest: Chest): number => {
      const masks = outline(chest).masks(IDENTITY, rows, rows);
      const [heart, lungs] = [of(masks, HEART, n), of(masks, LUNGS, n)];
      const cells = [...heart.keys()].filter((i) => heart[i]);
      expect(cells.length).toBeGreaterThan(20);
      expect(cells.filter((i) => lungs[i]).length).toBeLessThan(0.35 * cells.length); // shared patches
      return cells.reduce((sum, i) => sum + Math.floor(i / rows) / rows, 0) / cells.length;
    };
    const chest = { y: 0.4, apart: 0.2, high: 0.25, wide: 0.12 };
    expect(middle({ ...chest, y: 0.5 }) - middle(chest)).toBeCloseTo(0.1, 1);
  });

  it('moves with the image, and draws no other region', () => {
    const atlas = outline({ y: 0.4, apart: 0.2, high: 0.28, wide: 0.12 });
    const straight = atlas.masks(IDENTITY, 7, 7);
    const moved = atlas.masks(affineOf({ ...STRAIGHT, dx: 1 / 7 }), 7, 7);
    for (let row = 0; row < 7; row++) {
      const at = (LUNGS * 7 + row) * 7;
      expect([...moved.subarray(at + 1, at + 7)]).toEqual([...straight.subarray(at, at + 6)]);
    }
    REGIONS.forEach((_, r) => {
      expect(of(straight, r, 49).includes(1)).toBe(r === LUNGS || r === HEART);
    });
  });

  it('falls back on the drawn heart where an image shows nothing', () => {
    const values = new Float32Array(SIDE * SIDE).fill(1);
    const masks = outlined(bodyOf({ height: SIDE, width: SIDE, channels: 1, values })).masks(IDENTITY, 7, 7);
    expect(of(masks, LUNGS, 49).includes(1)).toBe(false);
    expect(iou(of(masks, HEART, 49), of(anatomicalPrior(7, 7, 'frontal')!, HEART, 49))).toBeGreaterThan(0.8);
  });
});
