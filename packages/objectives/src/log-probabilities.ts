import { type TokenBatch, targetsOf } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Log-probability of each next token, and which of them count: words and the end. Forward and backward share one
 * softmax; no one-hot matrix is kept.
 *
 * @param logits by teacher forcing, `[rows, t − 1, V]`
 * @param tokens `[rows, t]`
 * @returns policy and mask, `[rows, t − 1]`
 * @throws RangeError if sizes differ
 */
export function tokenLogProbabilities(
  logits: tf.Tensor3D,
  tokens: TokenBatch,
): { policy: tf.Tensor2D; mask: tf.Tensor2D } {
  const [rows, steps, V] = logits.shape;
  if (tokens.shape[0] !== rows || tokens.shape[1] !== steps + 1) {
    throw new RangeError(
      `tokenLogProbabilities: logits [${logits.shape}] need tokens [${rows},${steps + 1}], got [${tokens.shape}]`,
    );
  }
  const { targets, counted } = targetsOf(tokens);
  const policy = tf.tidy(() => {
    const flat = tf.reshape(logits, [rows * steps, V]) as tf.Tensor2D;
    return tf.reshape(pickedLogSoftmax(flat, targets), [rows, steps]) as tf.Tensor2D;
  });
  return { policy, mask: tf.tensor2d(counted, [rows, steps]) };
}

/** `[n, V]` → log softmax at n ids. */
function pickedLogSoftmax(logits: tf.Tensor2D, targets: Int32Array): tf.Tensor1D {
  const [n, V] = logits.shape;
  const op = tf.customGrad((x, save) => {
    const all = tf.logSoftmax(x as tf.Tensor2D);
    (save as tf.GradSaveFunc)([all]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const hot = tf.oneHot(tf.tensor1d(targets, 'int32'), V, 1, 0, 'float32');
      return tf.mul(tf.sub(hot, tf.exp(saved[0])), tf.reshape(dy, [n, 1]));
    };
    return { value: picked(all, targets), gradFunc };
  });
  return op(logits) as tf.Tensor1D;
}

/** `[n, V]` → the n values at `ids`. */
export function picked(x: tf.Tensor2D, ids: Int32Array): tf.Tensor1D {
  const V = x.shape[1];
  const places = tf.tensor1d(
    ids.map((id, i) => i * V + id),
    'int32',
  );
  return tf.gather(tf.reshape(x, [-1]), places) as tf.Tensor1D;
}
