import * as tf from '@tensorflow/tfjs-core';

/**
 * One vector a region: the mean over its patches, over all patches where it has none. No gradient to the masks.
 *
 * @param patches `[b, p, d]`
 * @param masks `[b, r, p]`, each 0 or 1
 * @returns `[b, r, d]`
 */
export function meanOfSelected(patches: tf.Tensor3D, masks: tf.Tensor3D): tf.Tensor3D {
  const p = patches.shape[1];
  const count = tf.sum(masks, 2, true);
  const empty = tf.relu(tf.sub(1, count));
  const weights = tf.div(tf.add(masks, empty), tf.add(count, tf.mul(empty, p))) as tf.Tensor3D;
  return tf.matMul(weights, patches);
}

/** As published: mask ⊙ patches averaged over all p patches, so a small region has a short vector. `[b, r, d]` */
export function meanOfMasked(patches: tf.Tensor3D, masks: tf.Tensor3D): tf.Tensor3D {
  return tf.matMul(tf.div(masks, patches.shape[1]) as tf.Tensor3D, patches);
}
