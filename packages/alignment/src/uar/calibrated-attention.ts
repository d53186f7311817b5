import { type Parameters, presenceBias, softmax, zeros } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { product, square } from './unbiased';

/** Weights `query`, `key`, `value` and the mask M `[T, P]`, all under the given scope. */
export interface CalibratedAttention {
  readonly query: tf.Variable;
  readonly key: tf.Variable;
  readonly value: tf.Variable;
  readonly mask: tf.Variable;
  /** k */
  readonly sharpness: number;
}

export const calibratedAttention = (
  p: Parameters,
  [d, tokens, patches]: readonly [d: number, tokens: number, patches: number],
  sharpness: number,
): CalibratedAttention => ({
  query: square(p, 'query', d),
  key: square(p, 'key', d),
  value: square(p, 'value', d),
  mask: p.add('mask', [tokens, patches], zeros),
  sharpness,
});

/**
 * softmax(((Q W_Q)(K W_K)ᵀ + k σ(M)) / √d) (K W_V): which patches a word may look at is learned, by its place in the
 * report and the patch's in the image.
 *
 * @param words Q `[b, t, d]`, t no more than M's rows
 * @param patches K `[b, p, d]`, p no more than M's columns
 * @param present `[b, p]`; null: all patches are there
 * @returns what each word sees, `[b, t, d]`
 * @throws RangeError for longer reports or more patches than M has
 * @see UAR, ICCV 2023, equations 11 and 12
 */
export function attendCalibrated(
  a: CalibratedAttention,
  words: tf.Tensor3D,
  patches: tf.Tensor3D,
  present: tf.Tensor2D | null = null,
): tf.Tensor3D {
  const [b, t, d] = words.shape;
  const p = patches.shape[1];
  const [rows, columns] = a.mask.shape;
  if (t > rows || p > columns) {
    throw new RangeError(
      `uarAlignment: the mask is made for ${rows} tokens and ${columns} patches, got ${t} and ${p}`,
    );
  }
  const scores = tf.matMul(product(words, a.query), product(patches, a.key), false, true);
  const open = tf.mul(tf.sigmoid(tf.slice(a.mask, [0, 0], [t, p])), a.sharpness);
  const calibrated = tf.div(tf.add(scores, open), Math.sqrt(d));
  const absent = presenceBias(present);
  const weights = softmax(absent ? tf.add(calibrated, tf.reshape(absent, [b, 1, p])) : calibrated);
  return tf.matMul(weights as tf.Tensor3D, product(patches, a.value));
}

/** Σ (1 − σ(M)) over all of M: places stay open unless closing them pays. */
export const maskLoss = ({ mask }: CalibratedAttention): tf.Scalar =>
  tf.sum(tf.sigmoid(tf.neg(mask))) as tf.Scalar;
