import { type TokenBatch, targetsOf } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { picked } from '../log-probabilities';

/** What {@link policyLoss} divides by. */
export interface PolicyLossOptions {
  /** As the {@link Reduction} of the same name; `token-mean` if absent. */
  readonly reduction?: 'token-mean' | 'sequence-mean' | 'sequence-sum';
  /** Divides besides; 1 if absent. */
  readonly length?: number;
}

/**
 * −Σ_i A_i Σ_t log p(w_it) / Σ_i T_i: its gradient raises the probability of samples with positive advantage A.
 * T_i counts a report's words and its end. Where samples are learned from once, right after they are drawn, all ratios of
 * GRPO and PPO are 1, and this is their gradient; straight from logits, it takes fewer kernels.
 *
 * @param logits `[n, t − 1, V]` of the samples by teacher forcing
 * @param tokens `[n, t]`
 * @param advantages n, constants
 * @throws RangeError if sizes differ
 */
export function policyLoss(
  logits: tf.Tensor3D,
  tokens: TokenBatch,
  advantages: Float32Array,
  options: PolicyLossOptions = {},
): tf.Scalar {
  const [n, steps, V] = logits.shape;
  if (tokens.shape[0] !== n || tokens.shape[1] !== steps + 1 || advantages.length !== n) {
    throw new RangeError(
      `policyLoss: logits [${logits.shape}] need tokens [${n},${steps + 1}] and ${n} advantages, ` +
        `got tokens [${tokens.shape}] and ${advantages.length} advantages`,
    );
  }
  const { targets, counted } = targetsOf(tokens);
  const divisors = divisorsOf(counted, n, options);
  const weights = counted.map((x, i) => {
    const row = Math.floor(i / steps);
    return (x * advantages[row]) / divisors[row];
  });
  return weightedLogLikelihood(tf.reshape(logits, [n * steps, V]) as tf.Tensor2D, targets, weights);
}

/** What each of n rows is divided by. */
function divisorsOf(counted: Float32Array, n: number, options: PolicyLossOptions): number[] {
  const { reduction = 'token-mean', length = 1 } = options;
  const steps = counted.length / n;
  const sum = (xs: Float32Array): number => xs.reduce((total, x) => total + x, 0);
  const all = sum(counted);
  return Array.from({ length: n }, (_, row) => {
    if (reduction === 'token-mean') return all * length;
    if (reduction === 'sequence-sum') return n * length;
    return n * length * sum(counted.subarray(row * steps, (row + 1) * steps));
  });
}

/** −Σ_i weight_i · log softmax(logits_i)[target_i]; weights of either sign. @param logits `[n, V]` */
function weightedLogLikelihood(logits: tf.Tensor2D, targets: Int32Array, weights: Float32Array): tf.Scalar {
  const [n, V] = logits.shape;
  const op = tf.customGrad((x, save) => {
    const logProbabilities = tf.logSoftmax(x as tf.Tensor2D);
    (save as tf.GradSaveFunc)([logProbabilities]);
    const value = tf.neg(
      tf.sum(tf.mul(picked(logProbabilities, targets), tf.tensor1d(weights))),
    ) as tf.Scalar;
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const hot = tf.oneHot(tf.tensor1d(targets, 'int32'), V, 1, 0, 'float32');
      return tf.mul(tf.mul(tf.sub(tf.exp(saved[0]), hot), tf.tensor2d(weights, [n, 1])), dy);
    };
    return { value, gradFunc };
  });
  return op(logits) as tf.Scalar;
}
