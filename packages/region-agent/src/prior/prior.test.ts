import '@tensorflow/tfjs-backend-cpu';
import { Random, REGIONS, regionIndex } from '@raca/core';
import { checkRegionAgent } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { anatomicalPrior, priorAgent, priorFor, publishedPrior } from '../index';
import { inputOf } from '../test-input';
import { along, band, below, bothSides, box, ellipse, polygon, union, without } from './shapes';

describe('publishedPrior', () => {
  it('repeats 49 patches for every view', () => {
    const [one, two] = [publishedPrior(1), publishedPrior(2)];
    expect([one.length, two.length]).toEqual([12 * 49, 12 * 98]);
    for (let r = 0; r < 12; r++) {
      const region = [...one.subarray(r * 49, (r + 1) * 49)];
      expect([...two.subarray(r * 98, (r + 1) * 98)]).toEqual([...region, ...region]);
    }
    // Counted in the drawing of the specification
    const sizes = REGIONS.map((_, r) => one.subarray(r * 49, (r + 1) * 49).reduce((a, x) => a + x, 0));
    expect(sizes).toEqual([34, 27, 23, 31, 21, 25, 24, 21, 14, 30, 15, 16]);
  });

  it('is for a 7 × 7 grid only', () => {
    expect(() => priorFor({ views: 1, rows: 7, cols: 8 }, [], 'published')).toThrow('7 × 7, got 7 × 8');
  });
});

describe('anatomicalPrior', () => {
  const sizes = [
    [7, 7],
    [14, 14],
    [8, 8],
    [9, 12],
    [16, 10],
  ];

  it.each(sizes)(
    'frontal view on %i × %i: symmetric, every region somewhere, none everywhere',
    (rows, cols) => {
      const masks = anatomicalPrior(rows, cols, 'frontal')!;
      REGIONS.forEach((region, r) => {
        const at = (y: number, x: number): number => masks[(r * rows + y) * cols + x];
        let area = 0;
        for (let y = 0; y < rows; y++) {
          for (let x = 0; x < cols; x++) {
            expect(at(y, x), `${region} ${y} ${x}`).toBe(at(y, cols - 1 - x));
            area += at(y, x);
          }
        }
        expect(area, region).toBeGreaterThan(0);
        expect(area, region).toBeLessThan(0.75 * rows * cols);
      });
    },
  );

  it.each(sizes)('lateral view on %i × %i has every region', (rows, cols) => {
    const masks = anatomicalPrior(rows, cols, 'lateral')!;
    REGIONS.forEach((region, r) => {
      const size = rows * cols;
      expect(masks.subarray(r * size, (r + 1) * size).includes(1), region).toBe(true);
    });
  });

  it.each(['frontal', 'lateral'] as const)('%s: the area hardly depends on the grid', (view) => {
    const area = (side: number) => {
      const masks = anatomicalPrior(side, side, view)!;
      return REGIONS.map(
        (_, r) => masks.subarray(r * side ** 2, (r + 1) * side ** 2).reduce((a, x) => a + x, 0) / side ** 2,
      );
    };
    const [coarse, fine] = [area(14), area(56)];
    REGIONS.forEach((region, r) => {
      expect(Math.abs(coarse[r] - fine[r]), region).toBeLessThan(0.06);
    });
  });

  it('has the anatomy the right way up', () => {
    const side = 28;
    const masks = anatomicalPrior(side, side, 'frontal')!;
    const height = (name: string): number => {
      let [sum, n] = [0, 0];
      for (let i = 0; i < side * side; i++) {
        if (!masks[regionIndex(name) * side * side + i]) continue;
        sum += Math.floor(i / side);
        n++;
      }
      return sum / n;
    };
    const order = ['Shoulders', 'Lung fields', 'Heart', 'Diaphragm', 'Abdomen'].map(height);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('leaves unknown views out', () => {
    const prior = priorFor({ views: 3, rows: 2, cols: 2 }, ['unknown', 'frontal'], 'raca');
    expect(prior.views).toEqual([false, true, false]);
    expect([...prior.known]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
    const alone = anatomicalPrior(2, 2, 'frontal')!;
    expect([...prior.masks.subarray(4, 8)]).toEqual([...alone.subarray(0, 4)]);
    expect([...prior.masks].filter((_, i) => prior.known[i % 12] === 0).every((x) => x === 0)).toBe(true);
  });
});

it('shapes', () => {
  const inside = (shape: (x: number, y: number) => boolean, ...points: [number, number][]) =>
    points.map(([x, y]) => shape(x, y));
  expect(inside(ellipse(0.5, 0.5, 0.2, 0.1), [0.69, 0.5], [0.5, 0.61])).toEqual([true, false]);
  expect(inside(box(0, 0, 0.5, 1), [0.5, 1], [0.51, 0])).toEqual([true, false]);
  expect(inside(band([0, 0], [1, 1], 0.1), [0.5, 0.6], [0.5, 0.7], [1.05, 1], [1.2, 1])).toEqual([
    true,
    false,
    true,
    false,
  ]);
  // an arrow head: inside its left half, outside the notch on the right, outside altogether
  const arrow = polygon([
    [0, 0],
    [1, 0.5],
    [0, 1],
    [0.5, 0.5],
  ]);
  expect(inside(arrow, [0.7, 0.5], [0.2, 0.5], [0.7, 0.9])).toEqual([true, false, false]);
  expect(inside(bothSides(box(0, 0, 0.1, 1)), [0.95, 0.5], [0.5, 0.5])).toEqual([true, false]);
  expect(inside(union(box(0, 0, 0.1, 1), box(0.9, 0, 1, 1)), [0.95, 0.5], [0.5, 0.5])).toEqual([true, false]);
  expect(inside(without(box(0, 0, 1, 1), box(0, 0, 0.5, 1)), [0.7, 0.5], [0.2, 0.5])).toEqual([true, false]);
  expect(
    inside(
      below((x) => x),
      [0.5, 0.6],
      [0.5, 0.4],
    ),
  ).toEqual([true, false]);
  expect(
    inside(
      along((x) => x, 0.1),
      [0.5, 0.55],
      [0.5, 0.7],
    ),
  ).toEqual([true, false]);
});

describe('priorAgent', () => {
  it('satisfies the contract', () => {
    expect(checkRegionAgent(() => priorAgent())).toContain('batched = single');
  });

  it.each(['raca', 'published'] as const)('finds the %s prior in every image', (variant) => {
    const grid = { views: 2, rows: 7, cols: 7 };
    const patches = tf.randomNormal<tf.Rank.R3>([2, 98, 3]);
    const { masks } = priorAgent({ variant }).locate(inputOf(patches, grid));
    const expected = [...priorFor(grid, ['frontal', 'lateral'], variant).masks];
    expect([...masks.dataSync()]).toEqual([...expected, ...expected]);
  });

  it('refuses patches that do not fill the grid', () => {
    const patches = tf.zeros<tf.Rank.R3>([1, 5, new Random(1).int(3) + 1]);
    expect(() => priorAgent().locate(inputOf(patches, { views: 1, rows: 2, cols: 2 }))).toThrow(
      'has 4 patches, got 5',
    );
  });
});
