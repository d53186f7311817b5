import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@raca/core';
import { largestError, randomMask, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { clippedSurrogate, type Decisions, logProbabilities, meanEntropy, policyLoss } from './index';

describe('policyLoss', () => {
  it.each([1, 5])('equals the functions it stands for, %i rows a decision', (rowsPerDecision) => {
    const random = new Random(4);
    const shape: [number, number] = [20, 3];
    const logits = randomTensor<tf.Rank.R2>(shape, random);
    const actions = randomMask<tf.Rank.R2>(shape, 0.5, random);
    const drift = tf.mul(randomTensor<tf.Rank.R2>(shape, random), 0.4 / rowsPerDecision) as tf.Tensor2D;
    const old = tf.sub(logProbabilities(logits, actions), drift);
    const advantages = randomTensor<tf.Rank.R2>([20 / rowsPerDecision, 3], random);
    const perDecision = (x: tf.Tensor): tf.Tensor => tf.sum(tf.reshape(x, [-1, rowsPerDecision, 3]), 1);
    const reference = (x: tf.Tensor): tf.Scalar => {
      const current = perDecision(logProbabilities(x, actions));
      const surrogate = clippedSurrogate(current, perDecision(old), advantages, 0.2);
      return tf.sub(surrogate, tf.mul(meanEntropy(x), 0.3)) as tf.Scalar;
    };
    const numbers = { actorLoss: 0, entropy: 0, clipped: 0 };
    const decisions = {
      actions: actions.dataSync() as Float32Array,
      old: old.dataSync() as Float32Array,
      advantages: advantages.dataSync() as Float32Array,
      rowsPerDecision,
    };
    const own = (x: tf.Tensor): tf.Scalar =>
      policyLoss(x as tf.Tensor2D, decisions, { clip: 0.2, entropyWeight: 0.3 }, numbers);
    const [a, b] = [own, reference].map((f) => tf.valueAndGrad(f)(logits));
    expect(largestError(a.value.dataSync(), b.value.dataSync())).toBeLessThan(1e-5);
    expect(largestError(a.grad.dataSync(), b.grad.dataSync())).toBeLessThan(1e-6);
    expect(numbers.entropy).toBeCloseTo(meanEntropy(logits).dataSync()[0], 5);
    expect(numbers.clipped).toBeGreaterThan(0);
    expect(numbers.clipped).toBeLessThan(0.9);
  });

  it('is finite for logits that overflow exp', () => {
    const logits = tf.tensor2d([[900, -900]]);
    const zero = Float32Array.of(0, 0);
    const decisions = {
      actions: Float32Array.of(1, 0),
      old: zero,
      advantages: Float32Array.of(1, 1),
      rowsPerDecision: 1,
    };
    const numbers = { actorLoss: 0, entropy: 0, clipped: 0 };
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      policyLoss(x as tf.Tensor2D, decisions, { clip: 0.2, entropyWeight: 1 }, numbers),
    )(logits);
    expect([...value.dataSync(), ...grad.dataSync()]).toEqual([-1, 0, -0]);
  });
});

it('policyLoss leaves rows out, entropy and all', () => {
  const logits = tf.tensor2d([0.5, -0.2, 9, 9], [2, 2]);
  const [actions, old] = [Float32Array.of(1, 0, 1, 0), Float32Array.of(-0.7, -0.7, -3, -3)];
  const numbers = { actorLoss: 0, entropy: 0, clipped: 0 };
  const run = (rows: 1 | 2, counted?: Float32Array) =>
    tf.valueAndGrad((x: tf.Tensor) =>
      policyLoss(
        x as tf.Tensor2D,
        {
          actions: actions.subarray(0, 2 * rows),
          old: old.subarray(0, 2 * rows),
          advantages: Float32Array.of(1, -1, 5, 5).subarray(0, 2 * rows),
          rowsPerDecision: 1,
          counted,
        },
        { clip: 10, entropyWeight: 0.3 },
        numbers,
      ),
    )(tf.slice(logits, [0, 0], [rows, 2]));
  const [one, two] = [run(1), run(2, Float32Array.of(1, 0))];
  // the same sums over twice as many decisions
  expect(two.value.dataSync()[0]).toBeCloseTo(one.value.dataSync()[0] / 2, 6);
  const gradient = two.grad.dataSync();
  expect(
    largestError(
      gradient.subarray(0, 2),
      one.grad.dataSync().map((x) => x / 2),
    ),
  ).toBeLessThan(1e-6);
  expect([...gradient.subarray(2)].map(Math.abs)).toEqual([0, 0]);
});

it.each([1, 4])(
  'policyLoss: rows that are not there are as if cut off, %i rows a decision',
  (rowsPerDecision) => {
    const random = new Random(4);
    const present = Float32Array.of(1, 1, 0, 0, 1, 1, 0, 0);
    const shape: [number, number] = [8, 3];
    const logits = randomTensor<tf.Rank.R2>(shape, random);
    const actions = randomMask<tf.Rank.R2>(shape, 0.5, random);
    const drift = tf.mul(randomTensor<tf.Rank.R2>(shape, random), 0.2);
    const all = {
      actions: actions.dataSync() as Float32Array,
      old: tf.sub(logProbabilities(logits, actions), drift).dataSync() as Float32Array,
      advantages: Float32Array.from({ length: 24 / rowsPerDecision }, () => random.normal()),
      rowsPerDecision,
    };
    const kept = (x: Float32Array): Float32Array => x.filter((_, i) => present[Math.floor(i / 3)]);
    const cut = {
      actions: kept(all.actions),
      old: kept(all.old),
      advantages: rowsPerDecision === 1 ? kept(all.advantages) : all.advantages,
      rowsPerDecision: Math.ceil(rowsPerDecision / 2), // half of the rows of each decision are there
    };
    const run = (decisions: Decisions, x: tf.Tensor2D) => {
      const numbers = { actorLoss: 0, entropy: 0, clipped: 0 };
      const loss = (y: tf.Tensor): tf.Scalar =>
        policyLoss(y as tf.Tensor2D, decisions, { clip: 0.1, entropyWeight: 0.3 }, numbers);
      const { value, grad } = tf.valueAndGrad(loss)(x);
      const { actorLoss, entropy, clipped } = numbers;
      return { numbers: [value.dataSync()[0], actorLoss, entropy, clipped], gradient: grad.dataSync() };
    };
    const masked = run({ ...all, present }, logits);
    const expected = run(cut, tf.gather(logits, [0, 1, 4, 5]));
    expect(largestError(masked.numbers, expected.numbers)).toBeLessThan(1e-6);
    expect(masked.numbers[3]).toBeGreaterThan(0); // clipping acts somewhere
    expect(largestError(kept(masked.gradient as Float32Array), expected.gradient)).toBeLessThan(1e-6);
    const gone = [...masked.gradient].filter((_, i) => !present[Math.floor(i / 3)]);
    expect(gone.map(Math.abs)).toEqual(new Array(12).fill(0));
  },
);
