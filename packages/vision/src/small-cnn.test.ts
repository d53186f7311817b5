import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, Random } from '@raca/core';
import { checkVisionBackbone, gradientError, largestError } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { smallCnn } from './small-cnn';

const tiny = { channels: [3, 4], inputSize: 8 };
const images = () => tf.randomNormal([2, 2, 8, 8, 3], 0, 1, 'float32', 11) as tf.Tensor5D;

it('keeps the contract', () => {
  const passed = checkVisionBackbone((random) => smallCnn({ ...tiny, inputSize: 16 }, random), 16);
  expect(passed).toContain('views are concatenated in order');
});

it('has the gradients of central differences', () => {
  const backbone = smallCnn(tiny, new Random(1));
  const x = images();
  const target = tf.randomNormal([2, 8, 4], 0, 1, 'float32', 12);
  const loss = (): tf.Scalar => tf.sum(tf.mul(backbone.extract(x, EVALUATION).patches, target));
  expect(gradientError(loss, backbone.parameters, new Random(2))).toBeLessThan(1e-2);
});

it('sees the mean of the channels only', () => {
  const backbone = smallCnn(tiny, new Random(3));
  const x = images();
  const gray = tf.tile(tf.mean(x, 4, true), [1, 1, 1, 1, 3]) as tf.Tensor5D;
  const [a, b] = [x, gray].map((i) => backbone.extract(i, EVALUATION).patches.dataSync());
  expect(largestError(a, b)).toBeLessThan(1e-5);
});

it('puts a bright corner into the patch of its corner', () => {
  const backbone = smallCnn({ channels: [4], inputSize: 8, residuals: 0 }, new Random(4));
  const blank = tf.buffer([1, 1, 8, 8, 3]);
  const base = backbone.extract(blank.toTensor() as tf.Tensor5D, EVALUATION).patches;
  for (let c = 0; c < 3; c++) blank.set(1, 0, 0, 1, 6, c); // row 1, column 6: place 0 × 4 + 3 of the grid 4 × 4
  const lit = backbone.extract(blank.toTensor() as tf.Tensor5D, EVALUATION).patches;
  const moved = tf.sum(tf.abs(tf.sub(lit, base)), [0, 2]).dataSync();
  expect(moved[3]).toBeGreaterThan(0.01);
  expect(moved[12]).toBe(0);
});

it('has no trainable weight when frozen, and no tape', () => {
  const backbone = smallCnn({ ...tiny, frozen: true }, new Random(5));
  expect([...backbone.parameters.values()].some((v) => v.trainable)).toBe(false);
  const scale = tf.variable(tf.scalar(2));
  const x = images();
  const { grads } = tf.variableGrads(
    () => tf.sum(tf.mul(backbone.extract(x, EVALUATION).patches, scale)) as tf.Scalar,
  );
  expect(Object.keys(grads)).toEqual([scale.name]);
});

it('names the sizes that do not fit', () => {
  expect(() => smallCnn({ channels: [4, 4], inputSize: 10 }, new Random(6))).toThrow(
    'smallCnn: inputSize must be divisible by 4, got 10',
  );
  const backbone = smallCnn(tiny, new Random(6));
  expect(() => backbone.extract(tf.zeros([1, 1, 8, 6, 3]) as tf.Tensor5D, EVALUATION)).toThrow(
    'smallCnn: images must have shape [b, v, 8, 8, 3], got [1,1,8,6,3]',
  );
});
