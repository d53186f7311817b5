import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { mixedLoss, mixWithEquivalents } from './index';

const x = tf.tensor2d([4, 8, 0, 0, 12, 4], [3, 2]);

it('mixes each study with its partner, three parts to one', () => {
  const mixed = mixWithEquivalents(x, [1, null, 0]);
  expect([...mixed.dataSync()]).toEqual([3, 6, 0, 0, 10, 5]);
  const loss = mixedLoss(tf.tensor1d([4, 2, 8]), tf.tensor1d([8, 99, 0]), [1, null, 0]);
  expect(loss.dataSync()[0]).toBeCloseTo((3 + 2 + 2 + 6) / 3, 6); // ¾·4 + ¼·8, 2, ¾·8
});

it('sends the gradient to both', () => {
  const gradient = tf.grad((y: tf.Tensor) => tf.sum(tf.slice(mixWithEquivalents(y, [1, null, 0]), 0, 1)))(x);
  expect([...gradient.dataSync()]).toEqual([0.75, 0.75, 0.25, 0.25, 0, 0]);
});

it('names what does not fit', () => {
  expect(() => mixWithEquivalents(x, [1, 0])).toThrow(/3 rows, got 2/);
  expect(() => mixWithEquivalents(x, [1, 3, null])).toThrow(/\[0, 3\), got 3/);
  expect(() => mixWithEquivalents(x, [1, 0, null], 2)).toThrow(/\[0, 1\], got 2/);
});
