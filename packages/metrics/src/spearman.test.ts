import { expect, it } from 'vitest';
import { spearman } from './spearman';

it('ranks, with ties at their mean', () => {
  expect(spearman([1, 2, 3], [10, 100, 1000])).toBeCloseTo(1, 12);
  expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  // Ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: covariance 4.5, variances 4.5 and 5, by hand.
  expect(spearman([1, 2, 2, 5], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  expect(spearman([1, 1], [1, 2])).toBe(0);
  expect(() => spearman([1], [1, 2])).toThrow('spearman: lengths must match, got 1 and 2');
});
