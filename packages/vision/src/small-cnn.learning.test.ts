import '@tensorflow/tfjs-backend-cpu';
import { applyLinear, EVALUATION, linear, Parameters, Random } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { smallCnn } from './small-cnn';

const SIZE = 16;
const PLACES = [
  [8, 4],
  [8, 12],
  [4, 8],
  [12, 8],
]; // row, column: left, right, above, below

/** Noise of standard deviation 1 with a soft spot of height 2.5 somewhere near one of four places. */
function spots(n: number, random: Random): { images: tf.Tensor5D; labels: number[] } {
  const values = new Float32Array(n * SIZE * SIZE * 3);
  const labels = Array.from({ length: n }, (_, i) => {
    const label = random.int(4);
    const [row, col] = PLACES[label].map((x) => x + random.uniform(-1.5, 1.5));
    for (let k = 0; k < SIZE * SIZE; k++) {
      const distance = (Math.floor(k / SIZE) - row) ** 2 + ((k % SIZE) - col) ** 2;
      const value = random.normal() + 2.5 * Math.exp(-distance / 8);
      values.fill(value, (i * SIZE * SIZE + k) * 3, (i * SIZE * SIZE + k + 1) * 3);
    }
    return label;
  });
  return { images: tf.tensor5d(values, [n, 1, SIZE, SIZE, 3]), labels };
}

it('learns where a spot lies in 80 steps of Adam', () => {
  const random = new Random(1);
  const backbone = smallCnn({ channels: [6, 8], inputSize: SIZE }, random.split('weights'));
  const p = Parameters.create(random.split('head'));
  const head = linear(p, 16 * backbone.width, 4);
  const logits = (images: tf.Tensor5D): tf.Tensor2D => {
    const { patches } = backbone.extract(images, EVALUATION);
    return applyLinear(head, tf.reshape(patches, [images.shape[0], -1]) as tf.Tensor2D);
  };
  const optimizer = tf.train.adam(5e-3);
  const draws = random.split('images');
  const variables = [...backbone.parameters.values(), ...p.all.values()];
  for (let step = 0; step < 80; step++) {
    tf.tidy(() => {
      const { images, labels } = spots(8, draws);
      const target = tf.oneHot(tf.tensor1d(labels, 'int32'), 4);
      const loss = (): tf.Scalar =>
        tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits(images)), target), 1))) as tf.Scalar;
      optimizer.minimize(loss, false, variables);
    });
  }
  const test = spots(100, random.split('test'));
  const guesses = tf.tidy(() => tf.argMax(logits(test.images), 1).dataSync());
  const right = test.labels.filter((label, i) => label === guesses[i]).length;
  expect(right).toBeGreaterThan(90);
});
