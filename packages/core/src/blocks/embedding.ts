import * as tf from '@tensorflow/tfjs-core';
import type { TokenBatch } from '../contracts/decoder';
import { normal } from '../initializers';
import type { Parameters } from '../parameters';

/** A table `[n, d]` of vectors by id; weight `weight` under the given scope, standard normal as in PyTorch. */
export function embedding(p: Parameters, n: number, d: number, sd = 1): tf.Variable {
  return p.add('weight', [n, d], normal(sd));
}

/** Vectors of token ids times √d: `[b, t, d]`. @throws RangeError for an id outside the table */
export function embedTokens(table: tf.Variable, tokens: TokenBatch): tf.Tensor3D {
  const [n, d] = table.shape;
  const bad = tokens.ids.find((id) => id < 0 || id >= n);
  if (bad !== undefined) throw new RangeError(`embedTokens: ids must be in [0, ${n}), got ${bad}`);
  const rows = tf.gather(table as unknown as tf.Tensor2D, tf.tensor1d(tokens.ids, 'int32'));
  return tf.reshape(tf.mul(rows, Math.sqrt(d)), [...tokens.shape, d]) as tf.Tensor3D;
}

/**
 * Sinusoidal positions `[t, d]`, row-major: sin(pos · 10000^(−i/d)) at even i, cos of the same angle at i + 1.
 * @param from first position
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.5
 */
export function sinusoidalPositions(t: number, d: number, from = 0): Float32Array {
  const out = new Float32Array(t * d);
  for (let i = 0; i < d; i += 2) {
    const frequency = Math.exp((-i * Math.log(10000)) / d);
    for (let pos = 0; pos < t; pos++) {
      out[pos * d + i] = Math.sin((from + pos) * frequency);
      if (i + 1 < d) out[pos * d + i + 1] = Math.cos((from + pos) * frequency);
    }
  }
  return out;
}
