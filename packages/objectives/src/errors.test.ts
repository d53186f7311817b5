import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { dpo, grpo, kto, orpo, rloo, scst, simpo } from './index';

const rows = (n: number, t = 3) => ({
  policy: tf.zeros<tf.Rank.R2>([n, t]),
  mask: tf.ones<tf.Rank.R2>([n, t]),
});
const sampled = { ...rows(4), rewards: [1, 2, 3, 4], samples: 2 };

it('errors say what was expected and what was found', () => {
  const { policy } = rows(4);
  expect(() => grpo()({ ...sampled, mask: tf.ones([4, 2]) })).toThrow(
    'grpo: mask: expected [4,3] as policy, got [4,2]',
  );
  expect(() => grpo()({ ...sampled, old: tf.ones([3, 3]) })).toThrow(
    'grpo: old: expected [4,3] as policy, got [3,3]',
  );
  expect(() => grpo({ klWeight: 0.04 })(sampled)).toThrow(
    'grpo: expected reference log-probabilities, found none',
  );
  expect(() => rloo()({ ...sampled, rewards: [1, 2] })).toThrow(
    'rloo: expected 4 rewards, one for each row, got 2',
  );
  expect(() => scst()(sampled)).toThrow('scst: expected greedyRewards, one a study, found none');
  expect(() => grpo({ clip: 0 })).toThrow('grpo: clip: expected a number above 0, got 0');
  expect(() => grpo({ klWeight: -1 })).toThrow('grpo: expected a klWeight of 0 or more, got -1');
  expect(() => dpo({ beta: Number.NaN })).toThrow('dpo: beta: expected a number above 0, got NaN');
  expect(() => dpo()({ chosen: rows(2), rejected: rows(2) })).toThrow(
    'dpo: expected chosen reference log-probabilities, found none',
  );
  expect(() => simpo()({ chosen: rows(2), rejected: rows(3) })).toThrow(
    'simpo: expected a rejected report for each of 2 chosen, got 3',
  );
  expect(() => orpo()({ chosen: rows(2), rejected: rows(2), wholeChosen: tf.ones([2, 2]) })).toThrow(
    'orpo: wholeChosen: expected [2,3] as policy, got [2,2]',
  );
  const judged = { chosen: { ...rows(2), reference: policy }, rejected: rows(1) };
  expect(() => kto()({ ...judged, mismatched: { policy: [], reference: [] } })).toThrow(
    'kto: chosen reference: expected [2,3] as policy, got [4,3]',
  );
  const fits = { chosen: { ...rows(2), reference: tf.zeros<tf.Rank.R2>([2, 3]) }, rejected: rows(1) };
  expect(() => kto()({ ...fits, mismatched: { policy: [1], reference: [] } })).toThrow(
    'kto: mismatched reference: expected 1 numbers, got 0',
  );
});

it('losses worked by hand', () => {
  const one = (policy: number, reference: number) => ({
    policy: tf.tensor2d([[policy, -9]]),
    reference: tf.tensor2d([[reference, -9]]),
    mask: tf.tensor2d([[1, 0]]),
  });
  // gains ln 3 and −ln 3: margin 2 ln 3, so σ(margin / 2) = 3/4
  const pair = { chosen: one(Math.log(3) - 3, -3), rejected: one(-3 - Math.log(3), -3) };
  expect(dpo({ beta: 0.5 })(pair).dataSync()[0]).toBeCloseTo(-Math.log(3 / 4), 5);
  // p = 1/2 and 1/4: odds 1 and 1/3, ratio 3
  const odds = { chosen: one(-Math.log(2), 0), rejected: one(-Math.log(4), 0) };
  expect(orpo({ weight: 1 })(odds).dataSync()[0]).toBeCloseTo(Math.log(2) - Math.log(3 / 4), 5);
  expect(simpo({ beta: 1, gamma: 0 })(odds).dataSync()[0]).toBeCloseTo(-Math.log(2 / 3), 5); // σ(ln 2) = 2/3
});
