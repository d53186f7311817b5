import * as tf from '@tensorflow/tfjs-core';
import { arrayForTensor } from '../host-arrays';
import { recordsGradients, TrainedProgram } from '../trained-program';

/**
 * Mean cross-entropy of the counted positions: Σ weight · −log softmax(logits)[target] / Σ weight.
 * Forward and backward share one softmax; no one-hot matrix is kept.
 *
 * @param logits `[n, V]`
 * @param targets n ids in [0, V)
 * @param weights n weights ≥ 0; 0 leaves a position out
 * @throws RangeError if sizes differ or nothing is counted
 */
export function crossEntropy(logits: tf.Tensor2D, targets: Int32Array, weights: Float32Array): tf.Scalar {
  const [n, V] = logits.shape;
  if (targets.length !== n || weights.length !== n) {
    throw new RangeError(
      `crossEntropy: ${n} rows of logits, ${targets.length} targets, ${weights.length} weights`,
    );
  }
  const total = weights.reduce((a, w) => a + w, 0);
  if (!(total > 0)) throw new RangeError('crossEntropy: no position is counted');
  const share = weights.map((w) => w / total);
  if (recordsGradients() && n * V <= MOST_RECORDED) {
    const hot = arrayForTensor(n * V).fill(0);
    for (let i = 0; i < n; i++) hot[i * V + targets[i]] = share[i];
    return recorded.run([logits], [tf.tensor2d(hot, [n, V])]) as tf.Scalar;
  }
  const op = tf.customGrad((x, save) => {
    const logProbabilities = tf.logSoftmax(x as tf.Tensor2D);
    (save as tf.GradSaveFunc)([logProbabilities]);
    const picked = pick(logProbabilities, targets, V);
    const value = tf.neg(tf.sum(tf.mul(picked, tf.tensor1d(share)))) as tf.Scalar;
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const hot = tf.oneHot(tf.tensor1d(targets, 'int32'), V, 1, 0, 'float32');
      return tf.mul(tf.mul(tf.sub(tf.exp(saved[0]), hot), tf.tensor2d(share, [n, 1])), dy);
    };
    return { value, gradFunc };
  });
  return op(logits) as tf.Scalar;
}

/** Logits up to which one program with a matrix of targets costs less than kernels that pick the targets. */
const MOST_RECORDED = 1 << 20;
const recorded = new TrainedProgram(new Map(), ([logits, weights]) => softCrossEntropy(logits, weights));

/**
 * Cross-entropy with several targets a row: −Σ weights · log softmax(logits) over the last axis.
 *
 * @param weights of the same shape as the logits
 */
export function softCrossEntropy(logits: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return tf.sub(0, tf.sum(tf.mul(tf.logSoftmax(logits), weights))) as tf.Scalar;
}

/** `[n, V]` → the n values at `ids`. */
function pick(x: tf.Tensor2D, ids: Int32Array, V: number): tf.Tensor1D {
  const places = ids.map((id, i) => i * V + id);
  return tf.gather(tf.reshape(x, [-1]), tf.tensor1d(places, 'int32')) as tf.Tensor1D;
}
