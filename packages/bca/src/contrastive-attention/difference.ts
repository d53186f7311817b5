import { applyLinear, type Linear, linear, type Parameters, presenceBias, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Attention whose values are the keys' own vectors; weights `x` of what asks and `y` of what is asked. */
export interface PlainAttention {
  readonly x: Linear;
  readonly y: Linear;
}

const plainAttention = (p: Parameters, d: number): PlainAttention => ({
  x: linear(p.scope('x'), d, d),
  y: linear(p.scope('y'), d, d),
});

/** Weights `aggregate.<i>` of n attentions and `differentiate`. */
export interface DifferenceAttention {
  readonly aggregate: readonly PlainAttention[];
  readonly differentiate: PlainAttention;
}

export const differenceAttention = (p: Parameters, d: number, n: number): DifferenceAttention => ({
  aggregate: Array.from({ length: n }, (_, i) => plainAttention(p.scope('aggregate').scope(i), d)),
  differentiate: plainAttention(p.scope('differentiate'), d),
});

/**
 * For each vector the nearest of a pool, once an attention: softmax((v W_x)(pool W_y)ᵀ / √d) pool.
 *
 * @param v `[b, d]`
 * @param pool `[P, d]`
 * @param filled `[P]`, 1 where the pool holds a vector, else 0
 * @returns `[b, n, d]`
 */
export function closestOf(
  { aggregate }: DifferenceAttention,
  v: tf.Tensor2D,
  pool: tf.Tensor2D,
  filled: tf.Tensor1D,
): tf.Tensor3D {
  const [b, d] = v.shape;
  const absent = tf.reshape(presenceBias(tf.reshape(filled, [1, -1]))!, [1, -1]);
  const rows = aggregate.map(({ x, y }) => {
    const scores = tf.matMul(applyLinear(x, v), applyLinear(y, pool), false, true); // [b, P]
    const weights = softmax(tf.add(tf.div(scores, Math.sqrt(d)), absent)) as tf.Tensor2D;
    return tf.reshape(tf.matMul(weights, pool), [b, 1, d]);
  });
  return tf.concat(rows, 1) as tf.Tensor3D;
}

/**
 * What a vector has in common with the nearest of a pool: the mean over the n + 1 rows of self-attention over
 * [v; closest]. What is left, v − common, sets it apart.
 *
 * @param v `[b, d]`
 * @param closest `[b, n, d]`
 * @returns `[b, d]`
 */
export function commonOf(
  { differentiate: { x, y } }: DifferenceAttention,
  v: tf.Tensor2D,
  closest: tf.Tensor3D,
): tf.Tensor2D {
  const [b, d] = v.shape;
  const all = tf.concat([tf.reshape(v, [b, 1, d]), closest], 1) as tf.Tensor3D;
  const scores = tf.matMul(applyLinear(x, all), applyLinear(y, all), false, true);
  return tf.mean(tf.matMul(softmax(tf.div(scores, Math.sqrt(d))) as tf.Tensor3D, all), 1);
}

/** relu(fc([x; difference])) of every vector. @param x `[b, m, d]` @param difference `[b, d]` */
export function besideDifference(fc: Linear, x: tf.Tensor3D, difference: tf.Tensor2D): tf.Tensor3D {
  const [b, m, d] = x.shape;
  const repeated = tf.tile(tf.reshape(difference, [b, 1, d]), [1, m, 1]);
  return tf.relu(applyLinear(fc, tf.concat([x, repeated], 2))) as tf.Tensor3D;
}
