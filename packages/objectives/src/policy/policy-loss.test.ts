import '@tensorflow/tfjs-backend-cpu';
import type { TokenBatch } from '@raca/core';
import { largestError } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  drGrpo,
  groupMean,
  groupStandardised,
  grpo,
  policyLoss,
  scst,
  tokenLogProbabilities,
} from '../index';

describe('policyLoss', () => {
  it('equals values and gradients worked by hand', () => {
    // two reports over V = 3: "1 end" with advantage 2, "end" with −1; three positions count, one is padding
    const tokens: TokenBatch = { ids: Int32Array.of(0, 1, 0, 0, 0, 0), shape: [2, 3] };
    const third = Math.log(1 / 3);
    const logits = tf.tensor3d([0, 0, 0, Math.log(2), 0, 0, 0, Math.log(2), 0, 5, 5, 5], [2, 2, 3]);
    const { value, grad } = tf.valueAndGrad((x) =>
      policyLoss(x as tf.Tensor3D, tokens, Float32Array.of(2, -1)),
    )(logits);
    // log p: 1/3 of "1", then 2/4 of the end; 1/4 of the second report's end
    const expected = -(2 * (third + Math.log(1 / 2)) - Math.log(1 / 4)) / 3;
    expect(grad.shape).toEqual([2, 2, 3]);
    tf.test_util.expectArraysClose(value.dataSync(), [expected]);
    // A/3 · (p − hot); nothing at the padding
    const [a, b] = [2 / 3, -1 / 3];
    const byHand = [a / 3, -(2 * a) / 3, a / 3, -a / 2, a / 4, a / 4, -(3 * b) / 4, b / 2, b / 4, 0, 0, 0];
    tf.test_util.expectArraysClose(grad.dataSync(), byHand);
    tf.dispose([value, grad, logits]);
  });

  // the same reports, divided by the 2 reports and their lengths 2 and 1, or by the 2 reports and a constant of 8
  it.each([
    ['sequence-mean', 1, (2 * Math.log(1 / 6)) / 4 - Math.log(1 / 4) / 2],
    ['sequence-sum', 8, (2 * Math.log(1 / 6) - Math.log(1 / 4)) / 16],
  ] as const)('divides by %s', (reduction, length, expected) => {
    const tokens: TokenBatch = { ids: Int32Array.of(0, 1, 0, 0, 0, 0), shape: [2, 3] };
    const logits = tf.tensor3d([0, 0, 0, Math.log(2), 0, 0, 0, Math.log(2), 0, 5, 5, 5], [2, 2, 3]);
    const loss = policyLoss(logits, tokens, Float32Array.of(2, -1), { reduction, length });
    expect(loss.dataSync()[0]).toBeCloseTo(-expected, 6);
  });

  it('refuses sizes that do not fit', () => {
    const tokens: TokenBatch = { ids: new Int32Array(6), shape: [2, 3] };
    expect(() => policyLoss(tf.zeros([2, 3, 4]), tokens, new Float32Array(2))).toThrow(
      'policyLoss: logits [2,3,4] need tokens [2,4] and 2 advantages, got tokens [2,3] and 2 advantages',
    );
  });
});

describe('samples that are learned from once', () => {
  const tokens: TokenBatch = {
    ids: Int32Array.of(0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 2, 2, 1, 3, 0, 1, 1, 0, 0),
    shape: [4, 5],
  };
  const logits = tf.randomNormal<tf.Rank.R3>([4, 4, 4], 0, 1, 'float32', 3);
  const rewards = [0.2, 0.7, 0.4, 0.1];
  const given = (x: tf.Tensor) => ({
    ...tokenLogProbabilities(x as tf.Tensor3D, tokens),
    ...{ rewards, samples: 2, greedyRewards: [0, 0] },
  });

  it('scst of log-probabilities equals the loss of logits, value and gradient', () => {
    const own = tf.valueAndGrad((x) => scst()(given(x)))(logits);
    const fused = tf.valueAndGrad((x) => policyLoss(x as tf.Tensor3D, tokens, Float32Array.from(rewards)))(
      logits,
    );
    expect(largestError(own.value.dataSync(), fused.value.dataSync())).toBeLessThan(1e-6);
    expect(largestError(own.grad.dataSync(), fused.grad.dataSync())).toBeLessThan(1e-6);
  });

  it.each([
    ['grpo', grpo(), groupStandardised, { reduction: 'sequence-mean' }],
    ['drGrpo', drGrpo({ maxLength: 9 }), groupMean, { reduction: 'sequence-sum', length: 9 }],
  ] as const)(
    '%s has the gradient of policyLoss, for all ratios are 1',
    (_, objective, advantages, options) => {
      const own = tf.grad((x) => objective(given(x)))(logits);
      const fused = tf.grad((x) => policyLoss(x as tf.Tensor3D, tokens, advantages(rewards, 2), options))(
        logits,
      );
      expect(largestError(own.dataSync(), fused.dataSync())).toBeLessThan(1e-6);
      expect(Math.max(...own.dataSync())).toBeGreaterThan(1e-3);
    },
  );
});
