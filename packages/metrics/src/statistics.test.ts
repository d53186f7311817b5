import { expect, it } from 'vitest';
import {
  bootstrapInterval,
  bootstrapMean,
  holm,
  pairedRandomisation,
  pairedRandomisationOfMeans,
} from './statistics';

it('the bootstrap interval of a mean is near the normal one', () => {
  // 0 … 99: standard error of the mean = sqrt(833.25) / 10 = 2.887, times 1.96 = 5.66.
  const values = Array.from({ length: 100 }, (_, i) => i);
  const { estimate, low, high } = bootstrapMean(values, { resamples: 4000 });
  expect(estimate).toBe(49.5);
  expect(Math.abs(low - (49.5 - 5.66))).toBeLessThan(0.4);
  expect(Math.abs(high - (49.5 + 5.66))).toBeLessThan(0.4);
  expect(bootstrapMean(values, { seed: 3 })).toEqual(bootstrapMean(values, { seed: 3 }));
});

it('randomisation: exact by counting in a small case', () => {
  // Differences 1, 1, 1: |sum| = 3 in 2 of 8 sign patterns.
  const { difference, pValue } = pairedRandomisationOfMeans([1, 1, 1], [0, 0, 0], { resamples: 20_000 });
  expect(difference).toBe(1);
  expect(Math.abs(pValue - 0.25)).toBeLessThan(0.01);
});

it('randomisation: equal systems are not told apart, clearly better ones are', () => {
  const scores = Array.from({ length: 50 }, (_, i) => (i * 7) % 11);
  expect(pairedRandomisationOfMeans(scores, scores).pValue).toBe(1);
  const better = scores.map((score) => score + 1);
  expect(pairedRandomisationOfMeans(better, scores, { resamples: 999 }).pValue).toBe(0.001);
  const negative = pairedRandomisation(50, (fromSecond) => fromSecond.filter(Boolean).length, {
    resamples: 9,
  });
  expect(negative.difference).toBe(-50);
});

it("Holm's correction, worked by hand", () => {
  // Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1, never falling.
  const got = holm([0.04, 0.01, 0.03, 0.02]);
  [0.06, 0.04, 0.06, 0.06].forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 12);
  });
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
});

it('says what does not fit', () => {
  expect(() => bootstrapInterval(0, () => 0)).toThrow('count must be a positive integer, got 0');
  expect(() => bootstrapMean([1], { level: 95 })).toThrow('level must lie between 0 and 1, got 95');
  expect(() => pairedRandomisationOfMeans([1], [1, 2])).toThrow('counts must match, got 1 and 2 scores');
});
