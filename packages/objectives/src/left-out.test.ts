import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@raca/core';
import { gradientError, largestError, leakedTensors } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  dpo,
  drGrpo,
  editGrpo,
  grpo,
  ipo,
  type JudgedReports,
  kto,
  type LearnedPairs,
  type Objective,
  orpo,
  rloo,
  rrgDpo,
  type SampledReports,
  type ScoredReports,
  scst,
  simpo,
} from './index';

/** Rows of t = 5; log-probabilities of −2 to −0.1, all tokens but the last 2 of every second row count. */
function scored(rows: number, random: Random): ScoredReports & { old: tf.Tensor2D } {
  const draw = (lo: number, hi: number) =>
    tf.tensor2d(
      Float32Array.from({ length: rows * 5 }, () => random.uniform(lo, hi)),
      [rows, 5],
    );
  const policy = draw(-2, -0.1);
  const near = (by: number) => tf.add(policy, draw(-by, by)) as tf.Tensor2D;
  const mask = tf.tensor2d(
    Float32Array.from({ length: rows * 5 }, (_, i) => (i % 10 > 7 ? 0 : 1)),
    [rows, 5],
  );
  return { policy, mask, reference: near(0.3), old: near(0.1) };
}

/** Masks of 0 from a row on, and there, and at the padding, values that nobody may read. */
function spoilt<T extends ScoredReports & { old?: tf.Tensor2D }>(reports: T, from: number): T {
  const [rows, t] = reports.policy.shape;
  const mask = tf.mul(
    reports.mask,
    tf.tensor2d(
      Float32Array.from({ length: rows }, (_, i) => Number(i < from)),
      [rows, 1],
    ),
  ) as tf.Tensor2D;
  const spoil = (x: tf.Tensor2D | undefined, junk: number) =>
    x && tf.where(tf.greater(mask, 0), x, tf.fill([rows, t], junk));
  return {
    ...{ ...reports, mask },
    ...{ policy: spoil(reports.policy, Number.NaN), reference: spoil(reports.reference, 1e3) },
    ...(reports.old && { old: spoil(reports.old, -Infinity) }),
  } as T;
}

const cut = (x: tf.Tensor2D | undefined, rows: number) => x && tf.slice(x, 0, [rows, x.shape[1]]);
const firstRows = <T extends ScoredReports & { old?: tf.Tensor2D }>(reports: T, rows: number): T =>
  ({
    ...reports,
    ...{ policy: cut(reports.policy, rows), mask: cut(reports.mask, rows) },
    ...{ reference: cut(reports.reference, rows), old: cut(reports.old, rows) },
  }) as T;

describe('studies without counted tokens are left out, and padding is not read', () => {
  const rewards = [0.1, 0.4, 0.3, 0.9, 0.5, 0.2];
  const sampled = (): SampledReports & { old: tf.Tensor2D } => ({
    ...scored(6, new Random(1)),
    ...{ rewards, samples: 2, greedyRewards: [0.2, 0.3, 0.1] },
  });
  const cases: [string, Objective<SampledReports>][] = [
    ['scst', scst()],
    ['rloo', rloo({ klWeight: 0.1 })],
    ['grpo', grpo({ klWeight: 0.1 })],
    ['drGrpo', drGrpo()],
    ['editGrpo', editGrpo()],
  ];

  it.each(cases)('%s', (_, objective) => {
    const whole = spoilt(sampled(), 4);
    const part = {
      ...firstRows(sampled(), 4),
      ...{ rewards: rewards.slice(0, 4), samples: 2, greedyRewards: [0.2, 0.3] },
    };
    const of = (given: SampledReports) =>
      tf.valueAndGrad((x) => objective({ ...given, policy: x as tf.Tensor2D }))(given.policy);
    const [masked, expected] = [of(whole), of(part)];
    expect(largestError(masked.value.dataSync(), expected.value.dataSync())).toBeLessThan(1e-6);
    const gradient = masked.grad.dataSync();
    const counts = part.mask.dataSync();
    const kept = expected.grad.dataSync().map((g, i) => g * counts[i]);
    expect(largestError(gradient.subarray(0, 20), kept)).toBeLessThan(1e-6);
    expect([...gradient.subarray(20)].map(Math.abs)).toEqual(new Array(10).fill(0));
  });

  it.each(cases)('%s: no row, no loss; no tensor left; gradient of central differences', (_, objective) => {
    expect(Math.abs(objective(spoilt(sampled(), 0)).dataSync()[0])).toBe(0);
    const given = sampled();
    expect(leakedTensors(() => objective(given))).toBe(0);
    const policy = tf.variable(given.policy);
    const loss = () => objective({ ...given, policy: policy as unknown as tf.Tensor2D });
    expect(gradientError(loss, new Map([['policy', policy]]), new Random(2))).toBeLessThan(1e-2);
  });

  it('old left out is the policy as it stands', () => {
    const { old: _, ...given } = sampled();
    const own = tf.grad((x) => grpo()({ ...given, policy: x as tf.Tensor2D }))(given.policy);
    const same = tf.grad((x) => grpo()({ ...given, policy: x as tf.Tensor2D, old: given.policy }))(
      given.policy,
    );
    expect([...own.dataSync()]).toEqual([...same.dataSync()]);
    expect(Math.max(...own.dataSync())).toBeGreaterThan(0.01);
  });
});

describe('pairs without counted tokens are left out, and padding is not read', () => {
  type Given = JudgedReports & LearnedPairs;
  const pairs = (): Given => ({
    ...{ chosen: scored(3, new Random(3)), rejected: scored(3, new Random(4)) },
    mismatched: { policy: [-3, -5], reference: [-4, -4.5] },
  });
  const cases: [string, Objective<Given>][] = [
    ['dpo', dpo()],
    ['ipo', ipo()],
    ['kto', kto({ desirable: 2 })],
    ['simpo', simpo()],
    ['orpo', orpo()],
    ['rrgDpo', rrgDpo()],
  ];

  it.each(cases)('%s', (_, objective) => {
    const { chosen, rejected, mismatched } = pairs();
    const run = (good: ScoredReports, bad: ScoredReports) =>
      tf.valueAndGrads((x, y) =>
        objective({
          ...{
            chosen: { ...good, policy: x as tf.Tensor2D },
            rejected: { ...bad, policy: y as tf.Tensor2D },
          },
          mismatched,
        }),
      )([good.policy, bad.policy]);
    const masked = run(spoilt(chosen, 2), spoilt(rejected, 2));
    const expected = run(firstRows(chosen, 2), firstRows(rejected, 2));
    expect(largestError(masked.value.dataSync(), expected.value.dataSync())).toBeLessThan(1e-6);
    masked.grads.forEach((grad, side) => {
      const gradient = grad.dataSync();
      expect(largestError(gradient.subarray(0, 10), expected.grads[side].dataSync())).toBeLessThan(1e-6);
      expect([...gradient.subarray(10)].map(Math.abs)).toEqual(new Array(5).fill(0));
    });
  });

  it.each(cases)('%s: no pair, no loss; no tensor left; gradient of central differences', (_, objective) => {
    const given = pairs();
    const none = { ...given, chosen: spoilt(given.chosen, 0), rejected: spoilt(given.rejected, 0) };
    expect(Math.abs(objective(none).dataSync()[0])).toBe(0);
    expect(leakedTensors(() => objective(given))).toBe(0);
    const policy = tf.variable(given.chosen.policy);
    const loss = () =>
      objective({ ...given, chosen: { ...given.chosen, policy: policy as unknown as tf.Tensor2D } });
    expect(gradientError(loss, new Map([['policy', policy]]), new Random(2))).toBeLessThan(1e-2);
  });

  it('an empty side: sums learn from the other one, means leave the pair out', () => {
    const given = pairs();
    const chosen = spoilt(given.chosen, 2);
    const gradientOf = (objective: Objective<Given>) =>
      tf.grad((x) =>
        objective({ ...given, chosen, rejected: { ...given.rejected, policy: x as tf.Tensor2D } }),
      )(given.rejected.policy);
    const last = (x: tf.Tensor) => Math.max(...x.dataSync().subarray(10).map(Math.abs));
    expect(last(gradientOf(dpo()))).toBeGreaterThan(0);
    for (const objective of [ipo(), simpo(), orpo(), rrgDpo()]) expect(last(gradientOf(objective))).toBe(0);
  });
});
