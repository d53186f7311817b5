import { expect, it } from 'vitest';
import { greedyBaseline, groupMean, groupStandardised, leaveOneOut } from './advantages';

const close = (actual: Float32Array, expected: number[]): void => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((x, i) => {
    expect(actual[i]).toBeCloseTo(x, 5);
  });
};

it('equal advantages worked by hand', () => {
  const rewards = [1, 2, 3, 6]; // mean 3, deviation √(14/3)
  const deviation = Math.sqrt(14 / 3);
  close(greedyBaseline(rewards, 2, [1.5, 5]), [-0.5, 0.5, -2, 1]);
  close(leaveOneOut(rewards, 4), [1 - 11 / 3, 2 - 10 / 3, 3 - 9 / 3, 6 - 6 / 3]);
  close(leaveOneOut(rewards, 2), [-1, 1, -3, 3]);
  close(groupMean(rewards, 4), [-2, -1, 0, 3]);
  close(groupStandardised(rewards, 4), [-2 / deviation, -1 / deviation, 0, 3 / deviation]);
});

it('equal rewards give no advantage, even such as float32 cannot hold', () => {
  for (const x of groupStandardised([0.1, 0.1, 0.1, 0.7, 0.7, 0.7], 3))
    expect(Math.abs(x)).toBeLessThan(1e-6);
});

it('refuse what is no group', () => {
  expect(() => leaveOneOut([1, 2], 1)).toThrow('leaveOneOut: expected at least 2 samples a study, got 1');
  expect(() => groupMean([1, 2, 3], 2)).toThrow('groupMean: expected 2 rewards for each study, got 3 in all');
  expect(() => groupMean([1, Number.NaN], 2)).toThrow(
    'groupMean: rewards: expected finite numbers, found NaN at 1',
  );
  expect(() => greedyBaseline([1, 2], 1, [1])).toThrow(
    'greedyBaseline: greedyRewards: expected 2 numbers, got 1',
  );
});
