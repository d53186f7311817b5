import { type Attention, applyLinear, EVALUATION, keysValues, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { type LayerNorm, runLayers, type Seen } from './layer-stack';
import type { LayerParts } from './weights';

/** softmax(Q Kᵀ/√(d/h) + bias) of queries `[b, t, d]` to `[b, m, d]`, mean over heads: `[b, t, m]`. */
export function attentionWeights(a: Attention, x: tf.Tensor3D, seen: Seen): tf.Tensor3D {
  const [b, t, d] = x.shape;
  const size = d / a.heads;
  const split = tf.reshape(applyLinear(a.query, x), [b, t, a.heads, size]);
  const queries = tf.mul(tf.transpose(split, [0, 2, 1, 3]), 1 / Math.sqrt(size)); // [b, h, t, d/h]
  const scores = tf.matMul(queries, keysValues(a, seen.tokens).keys, false, true);
  return tf.mean(softmax(seen.bias ? tf.add(scores, seen.bias) : scores), 1);
}

/**
 * Where the layers of {@link runLayers} look, at inference: attention to the memory, mean over layers and heads.
 *
 * @param h embedded tokens `[b, t, d]`
 * @returns `[b, t, m]`; each position's weights sum to 1
 */
export function crossAttention(
  layers: readonly LayerParts[],
  h: tf.Tensor3D,
  seen: Seen,
  bias: tf.Tensor,
  norm: LayerNorm,
): tf.Tensor3D {
  const looks: tf.Tensor3D[] = [];
  const watched: LayerNorm = (i, k, x) => {
    const query = norm(i, k, x);
    if (k === 1) looks.push(attentionWeights(layers[i].crossAttention, query, seen));
    return query;
  };
  runLayers(layers, h, seen, bias, watched, 0, EVALUATION);
  return tf.div(tf.addN(looks), looks.length);
}
