import { onlyPresent } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Which patches there are, `[b, p]`, each 1 or 0; null: all. What the others hold must be finite, and does not matter. */
type Present = tf.Tensor2D | null;

/** The mean of the patches that there are, 0 where there is none: `[b, d]`. @param patches `[b, p, d]` */
export function meanOfPatches(patches: tf.Tensor3D, present: Present = null): tf.Tensor2D {
  if (!present) return tf.mean(patches, 1) as tf.Tensor2D;
  const [b, , d] = patches.shape;
  const weights = tf.div(present, numberOf(present));
  return tf.reshape(tf.matMul(tf.expandDims(weights, 1), patches), [b, d]);
}

/**
 * One vector a region: the mean over its patches, over all that there are where it has none. No gradient to the masks.
 *
 * @param patches `[b, p, d]`
 * @param masks `[b, r, p]`, each 0 or 1
 * @returns `[b, r, d]`
 */
export function meanOfSelected(
  patches: tf.Tensor3D,
  given: tf.Tensor3D,
  present: Present = null,
): tf.Tensor3D {
  const p = patches.shape[1];
  const masks = onlyPresent(given, present, 2);
  const count = tf.sum(masks, 2, true);
  const empty = tf.relu(tf.sub(1, count));
  const chosen = present ? tf.add(masks, tf.mul(empty, tf.expandDims(present, 1))) : tf.add(masks, empty);
  const all = present ? tf.expandDims(numberOf(present), 1) : p;
  const weights = tf.div(chosen, tf.add(count, tf.mul(empty, all))) as tf.Tensor3D;
  return tf.matMul(weights, patches);
}

/** As published: mask ⊙ patches averaged over all patches that there are, so a small region has a short vector. `[b, r, d]` */
export function meanOfMasked(patches: tf.Tensor3D, masks: tf.Tensor3D, present: Present = null): tf.Tensor3D {
  const all = present ? tf.expandDims(numberOf(present), 1) : patches.shape[1];
  return tf.matMul(tf.div(onlyPresent(masks, present, 2), all) as tf.Tensor3D, patches);
}

/** How many patches there are, at least 1: `[b, 1]`. */
const numberOf = (present: tf.Tensor2D): tf.Tensor => tf.maximum(tf.sum(present, 1, true), 1);
