import '@tensorflow/tfjs-backend-cpu';
import { Parameters, Random } from '@raca/core';
import { gradientError, leakedTensors } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { affine, batchNorm, normaliseBatch } from './batch-norm';

const close = (actual: tf.Tensor, expected: number[]): void =>
  tf.test_util.expectArraysClose(actual.dataSync(), expected, 1e-4);
/** Two pixels, two channels: (1, 3) has mean 2, variance 1 (biased) or 2; (0, 10) has 5, 25 or 50. */
const x = () => tf.tensor4d([1, 0, 3, 10], [1, 2, 1, 2]);

it('normalises by the batch and moves the running statistics as PyTorch does', () => {
  const bn = batchNorm(Parameters.create(new Random(1)), 2, true);
  bn.weight.assign(tf.tensor1d([2, 1]));
  bn.bias.assign(tf.tensor1d([0, 7]));
  close(normaliseBatch(bn, x()), [-2, 6, 2, 8]);
  close(bn.mean, [0.2, 0.5]); // 0.9 · 0 + 0.1 · mean
  close(bn.variance, [1.1, 5.9]); // 0.9 · 1 + 0.1 · unbiased variance
  close(normaliseBatch(bn, x()), [-2, 6, 2, 8]);
  close(bn.mean, [0.38, 0.95]);
});

it('uses the running statistics in evaluation', () => {
  const bn = batchNorm(Parameters.create(new Random(1)), 2, true);
  bn.mean.assign(tf.tensor1d([1, 2]));
  bn.variance.assign(tf.tensor1d([4, 0.25]));
  bn.weight.assign(tf.tensor1d([3, 1]));
  const { scale, shift } = affine(bn);
  close(scale, [1.5, 2]);
  close(shift, [-1.5, -4]);
});

it('has the gradients of central differences, the input included', () => {
  const p = Parameters.create(new Random(2));
  const bn = batchNorm(p, 3, true);
  const input = p.add('input', [2, 3, 2, 3], (_, random) =>
    Float32Array.from({ length: 36 }, () => random.normal()),
  );
  const target = tf.randomNormal([2, 3, 2, 3], 0, 1, 'float32', 3);
  const loss = (): tf.Scalar => tf.sum(tf.mul(normaliseBatch(bn, input as unknown as tf.Tensor4D), target));
  expect(gradientError(loss, p.all, new Random(4))).toBeLessThan(1e-2);
  expect(leakedTensors(() => tf.tidy(loss))).toBe(0);
});
