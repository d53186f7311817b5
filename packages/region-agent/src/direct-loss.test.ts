import '@tensorflow/tfjs-backend-cpu';
import '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { directLoss } from './direct-loss';

it('is the cross-entropy by hand, rows left out', () => {
  // probabilities 3/4 (wanted), 1/4 (not wanted); the second row does not count
  const logits = tf.tensor2d([Math.log(3), -Math.log(3), 5, 5], [2, 2]);
  const loss = directLoss(logits, Float32Array.of(1, 0, 0, 0), Float32Array.of(1, 0)).dataSync()[0];
  expect(loss).toBeCloseTo((-2 * Math.log(3 / 4)) / 4, 5);
});

it('is a mean over the rows that are there', () => {
  const logits = tf.tensor2d([Math.log(3), -Math.log(3), 5, 5], [2, 2]);
  const loss = directLoss(logits, Float32Array.of(1, 0, 0, 0), Float32Array.of(1, 0), 1).dataSync()[0];
  expect(loss).toBeCloseTo((-2 * Math.log(3 / 4)) / 2, 5);
});

it('has the gradient (p − wanted) / count', () => {
  const gradient = tf
    .grad((x: tf.Tensor) => directLoss(x as tf.Tensor2D, Float32Array.of(1, 0), Float32Array.of(1)))(
      tf.tensor2d([Math.log(3), Math.log(3)], [1, 2]),
    )
    .dataSync();
  expect(gradient[0]).toBeCloseTo(-0.25 / 2, 5);
  expect(gradient[1]).toBeCloseTo(0.75 / 2, 5);
});
