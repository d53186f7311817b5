import { type Attention, applyLinear, EVALUATION, keysValues, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { type LayerNorm, runLayers } from './layer-stack';
import type { DecoderLayer } from './weights';

/** softmax(Q Kᵀ/√(d/h)) of queries `[b, t, d]` to `[b, p, d]`, mean over heads: `[b, t, p]`. */
export function attentionWeights(a: Attention, x: tf.Tensor3D, memory: tf.Tensor3D): tf.Tensor3D {
  const [b, t, d] = x.shape;
  const size = d / a.heads;
  const split = tf.reshape(applyLinear(a.query, x), [b, t, a.heads, size]);
  const queries = tf.mul(tf.transpose(split, [0, 2, 1, 3]), 1 / Math.sqrt(size)); // [b, h, t, d/h]
  const scores = tf.matMul(queries, keysValues(a, memory).keys, false, true);
  return tf.mean(softmax(scores), 1);
}

/**
 * Where the layers of {@link runLayers} look, at inference: attention to the memory, mean over layers and heads.
 *
 * @param h embedded tokens `[b, t, d]`
 * @returns `[b, t, p]`; each position's weights sum to 1
 */
export function crossAttention(
  layers: readonly DecoderLayer[],
  h: tf.Tensor3D,
  memory: tf.Tensor3D,
  bias: tf.Tensor,
  norm: LayerNorm,
): tf.Tensor3D {
  const seen: tf.Tensor3D[] = [];
  const watched: LayerNorm = (i, k, x) => {
    const query = norm(i, k, x);
    if (k === 1) seen.push(attentionWeights(layers[i].crossAttention, query, memory));
    return query;
  };
  runLayers(layers, h, memory, bias, watched, 0, EVALUATION);
  return tf.div(tf.addN(seen), seen.length);
}
