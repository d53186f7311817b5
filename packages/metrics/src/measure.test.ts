import { expect, it } from 'vitest';
import { cider, ciderWith, countDocuments } from './cider';
import { compareSystems } from './compare';
import { accumulate, additive, meanMetric, measure } from './measure';
import { pairReports } from './pairs';
import { rewardOf } from './reward';
import type { PairMetric } from './types';

const pairs = pairReports(['a b c', 'd'], ['a b', 'e']);

/** Words of the reference that the hypothesis has, pooled: 2 of 3 and 0 of 1. */
const found: PairMetric = {
  name: 'found',
  keys: ['found'],
  direction: 'higher',
  sums: ({ reference, hypothesis }) => {
    const words = reference.split(' ');
    return [words.filter((word) => hypothesis.split(' ').includes(word)).length, words.length];
  },
  value: ([hits = 0, all = 0]) => [hits / all],
};

it('one definition gives corpus, reports, streams, tables, tests and rewards', () => {
  expect(measure(found, pairs)).toEqual({
    corpus: { found: 2 / 4 },
    perReport: [{ found: 2 / 3 }, { found: 0 }],
  });
  const stream = accumulate(found);
  expect(stream.compute()).toEqual({});
  expect(pairs.map((pair) => stream.update(pair))).toEqual([{ found: 2 / 3 }, { found: 0 }]);
  expect(stream.compute()).toEqual({ found: 2 / 4 });
  const { keys, width, table, values } = additive(found, pairs);
  expect({ keys, width, table: [...table] }).toEqual({ keys: ['found'], width: 2, table: [2, 3, 0, 1] });
  expect(values(Float64Array.of(1, 4), 1)).toEqual([1 / 4]);
  const [test] = compareSystems(pairs, pairReports(['a b c', 'd'], ['', 'd']), {
    metrics: [found],
    resamples: 10,
  });
  expect(test!.difference).toBe(2 / 4 - 1 / 4);
  expect(rewardOf({ metric: found, weight: 3 })(['a b c', 'd'], ['a b', 'e'])).toEqual([2, 0]);
});

it('a metric that needs all pairs gives the metric for them', () => {
  const references = pairs.map(({ reference }) => reference);
  expect(measure(cider(), pairs)).toEqual(measure(ciderWith(countDocuments(references)), pairs));
});

it('a mean over reports', () => {
  const length = meanMetric({ name: 'length', keys: ['length'], direction: 'lower' }, ({ hypothesis }) => [
    hypothesis.length,
  ]);
  expect(measure(length, pairs)).toEqual({
    corpus: { length: 2 },
    perReport: [{ length: 3 }, { length: 1 }],
  });
});

it('names the metric that breaks its contract', () => {
  const uneven = { ...found, sums: ({ hypothesis }: { hypothesis: string }) => [...hypothesis].map(() => 1) };
  expect(() => measure(uneven, pairs)).toThrow(
    'metric found: sums must give 3 numbers for every pair, got 1',
  );
  expect(() => measure({ ...found, keys: ['a', 'b'] }, pairs)).toThrow(
    'metric found: value must give a number for each of a, b, got 1 numbers',
  );
  const nothing = { ...found, value: () => [Number.NaN] };
  expect(() => measure(nothing, pairs)).toThrow('metric found: found must be a finite number, got NaN');
  const partly = { ...found, perReport: { keys: ['found'], value: () => [Number.NaN] } };
  expect(() => rewardOf({ metric: partly })(['a'], ['a'])).toThrow(
    'reward: found: found is not defined for every report',
  );
});
