import '@tensorflow/tfjs-backend-cpu';
import { Random, type TokenBatch } from '@raca/core';
import { gradientError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { tokenLogProbabilities } from './log-probabilities';

const tokens: TokenBatch = { ids: Int32Array.of(0, 1, 0, 0, 0, 2, 1, 0), shape: [2, 4] };

it('equals log-probabilities worked by hand', () => {
  const uniform = tf.zeros<tf.Rank.R3>([2, 3, 4]);
  const steep = tf.tensor3d([0, Math.log(5), 0, 0], [1, 1, 4]); // 1/8, 5/8, 1/8, 1/8
  const logits = tf.add(
    uniform,
    tf.pad(steep, [
      [0, 1],
      [0, 2],
      [0, 0],
    ]),
  ) as tf.Tensor3D;
  const { policy, mask } = tokenLogProbabilities(logits, tokens);
  const quarter = Math.log(1 / 4);
  tf.test_util.expectArraysClose(policy.dataSync(), [
    Math.log(5 / 8),
    quarter,
    quarter,
    quarter,
    quarter,
    quarter,
  ]);
  expect([...mask.dataSync()]).toEqual([1, 1, 0, 1, 1, 1]); // words and ends
});

it('has the gradient of central differences, and leaves no tensor', () => {
  const random = new Random(5);
  const logits = tf.variable(randomTensor<tf.Rank.R3>([2, 3, 4], random));
  const weights = randomTensor<tf.Rank.R2>([2, 3], random);
  const loss = (): tf.Scalar => tf.sum(tf.mul(tokenLogProbabilities(logits, tokens).policy, weights));
  expect(gradientError(loss, new Map([['logits', logits]]), random)).toBeLessThan(1e-2);
  expect(leakedTensors(() => tokenLogProbabilities(logits, tokens))).toBe(0);
});

it('refuses sizes that do not fit', () => {
  expect(() => tokenLogProbabilities(tf.zeros([2, 4, 3]), tokens)).toThrow(
    'tokenLogProbabilities: logits [2,4,3] need tokens [2,5], got [2,4]',
  );
});
