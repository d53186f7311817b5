import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean cross-entropy of Bernoulli choices against wanted ones: what policy gradients do on average where the wanted
 * choice is known, without sampling.
 *
 * @param logits,wanted `[rows, r]`, wanted 0 or 1
 * @param counted `[rows]`, 0 for rows to leave out
 * @param there how many rows the mean is over; those that are not there must not count
 */
export function directLoss(
  logits: tf.Tensor2D,
  wanted: Float32Array,
  counted: Float32Array,
  there: number = counted.length,
): tf.Scalar {
  const [rows, r] = logits.shape;
  const target = tf.tensor2d(wanted, [rows, r]);
  const each = tf.sub(tf.softplus(logits), tf.mul(logits, target));
  const weighted = tf.mul(each, tf.tensor2d(counted, [rows, 1]));
  return tf.div(tf.sum(weighted), there * r) as tf.Scalar;
}
