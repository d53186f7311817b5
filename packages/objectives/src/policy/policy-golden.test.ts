import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ReferenceValues } from '../fixtures/reference-values';
import {
  clippedTokens,
  drGrpo,
  editGrpo,
  greedyBaseline,
  groupMean,
  groupStandardised,
  grpo,
  k3,
  leaveOneOut,
  type Objective,
  ratioOf,
  rloo,
  type SampledReports,
  scst,
  sequenceSum,
  tokenMean,
} from '../index';

const expected = new ReferenceValues('policy-objectives');
const rewards = expected.values('rewards');
const edited = expected.values('edit.rewards');
const greedyRewards = expected.values('rewards_greedy');
const n = 5;

const reports = (policy: tf.Tensor, of = rewards): SampledReports => ({
  policy: policy as tf.Tensor2D,
  old: expected.tensor<tf.Tensor2D>('logp_old'),
  reference: expected.tensor<tf.Tensor2D>('logp_ref'),
  mask: expected.tensor<tf.Tensor2D>('mask'),
  ...{ rewards: of, samples: n, greedyRewards },
});

describe('advantages of the reference program', () => {
  it.each([
    ['scst', greedyBaseline(rewards, n, greedyRewards)],
    ['rloo', leaveOneOut(rewards, n)],
    ['grpo', groupStandardised(rewards, n)],
    ['grpo_no_std', groupMean(rewards, n)],
    ['editgrpo', groupMean(edited, n)],
  ])('%s', (name, advantages) => {
    expect(expected.error(`advantages.${name}`, advantages)).toBeLessThan(1e-5);
  });
});

describe('losses and gradients of the reference program', () => {
  it.each<[string, Objective<SampledReports>]>([
    ['scst.token_mean', scst()],
    ['scst.sequence_sum', scst({ reduction: sequenceSum })],
    ['rloo.sequence_sum', rloo()],
    ['rloo.clip_token_mean', rloo({ clip: 0.2, reduction: tokenMean })],
    ['grpo.clip', grpo()],
    ['grpo.clip_kl', grpo({ klWeight: 0.04 })],
    ['grpo_no_std.clip', grpo({ divide: false })],
    ['dr_grpo', drGrpo()],
    ['kl.token_mean', ({ policy, reference, mask }) => tokenMean(k3(policy, reference!), mask)],
    ['editgrpo', (given) => editGrpo()({ ...given, rewards: edited })],
  ])('%s', (name, objective) => {
    const { value, grad } = tf.valueAndGrad((x) => objective(reports(x)))(expected.tensor('logp_new'));
    expect(expected.error(name, value)).toBeLessThan(1e-5);
    expect(expected.error(`grad.${name}/logp_new`, grad, 0.01)).toBeLessThan(1e-4);
  });

  it('ratios, k3 and the share of clipped tokens', () => {
    const { policy, old, reference, mask } = reports(expected.tensor('logp_new'));
    const ratio = ratioOf(policy, old!);
    const A = tf.tensor2d(groupStandardised(rewards, n), [15, 1]);
    expect(expected.error('ratio', tf.clone(ratio))).toBeLessThan(1e-5);
    expect(expected.error('ratio_clipped', tf.clipByValue(ratio, 0.8, 1.2))).toBeLessThan(1e-5);
    expect(expected.error('k3', k3(policy, reference!))).toBeLessThan(1e-5);
    const share = tokenMean(clippedTokens(ratio, A, 0.2), mask);
    expect(expected.error('clip_fraction.grpo', share)).toBeLessThan(1e-5);
  });
});
