import { expect, it } from 'vitest';
import { bestRank, retrieval } from './retrieval';

it('ranks the best of the right regions', () => {
  expect(bestRank({ similarity: [0.1, 0.9, 0.5, 0.4], regions: [1] })).toBe(1);
  expect(bestRank({ similarity: [0.1, 0.9, 0.5, 0.4], regions: [0, 3] })).toBe(3);
});

it('does not pay for ties', () => {
  expect(bestRank({ similarity: [1, 1, 1], regions: [0] })).toBe(2); // mean of 1, 2, 3
  expect(bestRank({ similarity: [0, 0, 5, 0], regions: [0] })).toBe(3); // 1 higher + mean of 1, 2, 3
  // two of three are right: the first of them comes on average at place 4/3
  expect(bestRank({ similarity: [1, 1, 1], regions: [0, 1] })).toBeCloseTo(4 / 3, 12);
});

it('averages over sentences that speak of a region', () => {
  const result = retrieval([
    { similarity: [3, 2, 1, 0], regions: [0] }, // rank 1
    { similarity: [3, 2, 1, 0], regions: [2, 3] }, // rank 3
    { similarity: [3, 2, 1, 0], regions: [3] }, // rank 4
    { similarity: [3, 2, 1, 0], regions: [] }, // not asked
    { similarity: [3, 2, 1, 0], regions: [0, 1, 2, 3] }, // cannot be wrong: not asked
  ]);
  expect(result.sentences).toBe(3);
  expect(result.top1).toBeCloseTo(1 / 3, 12);
  expect(result.mrr).toBeCloseTo((1 + 1 / 3 + 1 / 4) / 3, 12);
  expect(result.chance).toBeCloseTo((1 / 4 + 2 / 4 + 1 / 4) / 3, 12);
  expect(result.mostNamed).toBeCloseTo(2 / 3, 12); // region 3
});
