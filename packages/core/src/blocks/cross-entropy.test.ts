import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { Random } from '../index';
import { largestError, leakedTensors, randomTensor } from '../testing';
import { crossEntropy } from './cross-entropy';

beforeAll(() => tf.setBackend('cpu').then(() => undefined));

const targets = Int32Array.of(1, 0, 2);

it('matches values worked by hand', () => {
  // rows: softmax [1/4, 3/4], [1/2, 1/2]; the third does not count
  const logits = tf.tensor2d([
    [0, Math.log(3), -1e9],
    [5, 5, -1e9],
    [0, 0, 0],
  ]);
  const loss = crossEntropy(logits, targets, Float32Array.of(1, 1, 0));
  expect(loss.dataSync()[0]).toBeCloseTo((Math.log(4 / 3) + Math.log(2)) / 2, 5);
});

it('has the gradient of the plain form', () => {
  const weights = Float32Array.of(1, 0, 2);
  const x = randomTensor<tf.Rank.R2>([3, 4], new Random(1));
  const plain = (y: tf.Tensor): tf.Scalar => {
    const hot = tf.mul(tf.oneHot(tf.tensor1d(targets, 'int32'), 4), tf.tensor2d([[1], [0], [2]]));
    return tf.neg(tf.div(tf.sum(tf.mul(hot, tf.logSoftmax(y))), 3)) as tf.Scalar;
  };
  const ours = tf.grad((y: tf.Tensor) => crossEntropy(y as tf.Tensor2D, targets, weights))(x);
  expect(largestError(ours.dataSync(), tf.grad(plain)(x).dataSync())).toBeLessThan(1e-6);
  expect(leakedTensors(() => crossEntropy(x, targets, weights))).toBe(0);
});

it('says what does not fit', () => {
  expect(() => crossEntropy(tf.ones([2, 3]), targets, new Float32Array(3))).toThrow(
    '2 rows of logits, 3 targets',
  );
  expect(() => crossEntropy(tf.ones([3, 3]), targets, new Float32Array(3))).toThrow('no position is counted');
});
