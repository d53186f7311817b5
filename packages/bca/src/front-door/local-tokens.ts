import {
  type Attention,
  applyFeedForward,
  applyLinear,
  applyNorm,
  attention,
  EVALUATION,
  type FeedForward,
  feedForward,
  keysValues,
  type Norm,
  norm,
  orthogonal,
  type Parameters,
  softmax,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Weights `attention`, `feedForward`, `norms.0` (before the attention) and `norms.1` (before the feed-forward). */
export interface OpposedAttention {
  readonly attention: Attention;
  readonly feedForward: FeedForward;
  readonly norms: readonly [Norm, Norm];
}

export const opposedAttention = (
  p: Parameters,
  { width: d, heads, feedForward: ff }: { width: number; heads: number; feedForward: number },
): OpposedAttention => ({
  attention: attention(p.scope('attention'), d, heads, orthogonal),
  feedForward: feedForward(p.scope('feedForward'), d, ff, orthogonal),
  norms: [norm(p.scope('norms').scope(0), d), norm(p.scope('norms').scope(1), d)],
});

/**
 * Two self-attentions with one set of weights, of which one weighs most what the other weighs least: with y the normed x,
 * against = A(softmax(−QKᵀ/√d) V), along = A(softmax(QKᵀ/√d) V), refine(z) = z + FF(norm(z)); the result is
 * refine(x + against) + refine(along).
 *
 * @param x `[b, n, d]`
 * @param absent score bias `[b, 1, 1, n]`, −1e9 where a token is not there; null: all are
 * @see VLCI, arXiv:2303.09117
 */
export function attendOpposed(
  { attention: a, feedForward: f, norms }: OpposedAttention,
  x: tf.Tensor3D,
  absent: tf.Tensor4D | null,
): tf.Tensor3D {
  const [b, n, d] = x.shape;
  const y = applyNorm(norms[0], x);
  const { keys, values } = keysValues(a, y);
  const queries = keysValues({ ...a, key: a.query }, y).keys;
  const scores = tf.div(tf.matMul(queries, keys, false, true), Math.sqrt(d / a.heads)); // [b, h, n, n]
  const attended = (signed: tf.Tensor): tf.Tensor3D => {
    const weights = softmax(absent ? tf.add(signed, absent) : signed);
    const joined = tf.reshape(tf.transpose(tf.matMul(weights, values), [0, 2, 1, 3]), [b, n, d]);
    return applyLinear(a.output, joined as tf.Tensor3D);
  };
  const refine = (z: tf.Tensor3D): tf.Tensor3D =>
    tf.add(z, applyFeedForward(f, applyNorm(norms[1], z), 0, EVALUATION));
  return tf.add(refine(tf.add(x, attended(tf.neg(scores)))), refine(attended(scores)));
}
