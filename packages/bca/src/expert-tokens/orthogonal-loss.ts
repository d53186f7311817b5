import * as tf from '@tensorflow/tfjs-core';

/** Squared lengths below this count as this: no division by 0. */
const SMALLEST_SQUARE = 1e-12;

/**
 * Σ over all entries of (R Rᵀ − I)², R the vectors at length 1: 0 where each stands at right angles to every other. Mean
 * over studies.
 *
 * @param x `[b, m, d]`
 */
export function orthogonalLoss(x: tf.Tensor3D): tf.Scalar {
  const squared = tf.sum(tf.square(x), -1, true);
  const unit = tf.div(x, tf.sqrt(tf.maximum(squared, SMALLEST_SQUARE))) as tf.Tensor3D;
  const cosines = tf.matMul(unit, unit, false, true);
  const byStudy = tf.sum(tf.square(tf.sub(cosines, tf.eye(x.shape[1]))), [1, 2]);
  return tf.mean(byStudy) as tf.Scalar;
}
