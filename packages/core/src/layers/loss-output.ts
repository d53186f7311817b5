import * as tf from '@tensorflow/tfjs-core';

/**
 * Losses of a batch as the output of a layer, `[b, k]`: one column a name, every row the same, so that a model can have it
 * beside other outputs. A loss that is not there is 0.
 */
export const lossRows = (
  losses: Readonly<Record<string, tf.Scalar>>,
  names: readonly string[],
  b: number,
): tf.Tensor2D => {
  const all = tf.stack(names.map((name) => losses[name] ?? tf.scalar(0)));
  return tf.tile(tf.reshape(all, [1, names.length]), [b, 1]) as tf.Tensor2D;
};

/**
 * The loss of an output that holds losses: their sum, for `compile({ loss: sumOfLosses })`.
 * @param weights `[b, k]`, what `fit` takes as targets: weights of the losses, ones for their plain sum
 * @param losses `[b, k]`
 */
export const sumOfLosses = (weights: tf.Tensor, losses: tf.Tensor): tf.Scalar =>
  tf.mean(tf.sum(tf.mul(weights, losses), -1)) as tf.Scalar;
