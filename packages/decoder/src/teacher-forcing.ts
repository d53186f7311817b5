import { applyNorm, dropout, embedTokens, type Pass, sinusoidalPositions, type TokenBatch } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { ownNorms, runLayers, type Seen } from './layer-stack';
import { afterPrefix, withoutPrefix } from './prefix';
import type { DecoderWeights } from './weights';

/** Token vectors times √d plus sinusoidal positions from `from` on, then dropout: `[b, t, d]`. */
export function embed(
  weights: Pick<DecoderWeights, 'embedding'>,
  tokens: TokenBatch,
  rate: number,
  pass: Pass,
  from = 0,
): tf.Tensor3D {
  const [t, d] = [tokens.shape[1], weights.embedding.shape[1]!];
  const positions = tf.tensor3d(sinusoidalPositions(t, d, from), [1, t, d]);
  return dropout(tf.add(embedTokens(weights.embedding, tokens), positions) as tf.Tensor3D, rate, pass);
}

/** What teacher forcing reads. */
export interface Taught {
  /** What {@link embed} gives, `[b, t, d]`. */
  readonly embedded: tf.Tensor3D;
  /** `[b, q, d]`, or none. */
  readonly prefix: tf.Tensor3D | null;
  readonly seen: Seen;
  /** What {@link targetBias} gives. */
  readonly bias: tf.Tensor;
}

/**
 * The decoder's last layer `[b, t, d]` for all positions at once: pre-norm layers of masked self-attention,
 * attention to the memory, feed-forward; a final norm.
 */
export function hiddenStates(
  { layers, norm }: DecoderWeights,
  { embedded, prefix, seen, bias }: Taught,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  const last = runLayers(layers, afterPrefix(prefix, embedded), seen, bias, ownNorms(layers), rate, pass);
  return applyNorm(norm, withoutPrefix(last, embedded.shape[1]));
}

/**
 * Score bias `[b, 1, q + t, q + t]`: −1e9 for later positions and for padding. A position sees itself and what is before
 * it, without padding. Padding is id 0 but for the first position, as in the R2Gen line.
 * @param prefix q positions before the tokens
 */
export function targetBias(
  { ids, shape: [b, t] }: TokenBatch,
  prefix: tf.Tensor3D | null = null,
): tf.Tensor4D {
  const q = prefix ? prefix.shape[1] : 0;
  const n = q + t;
  const values = new Float32Array(b * n * n).fill(-1e9);
  for (let i = 0; i < b; i++) {
    for (let j = 0; j < n; j++) {
      if (j > q && ids[i * t + j - q] === 0) continue;
      for (let from = j; from < n; from++) values[(i * n + from) * n + j] = 0;
    }
  }
  return tf.tensor4d(values, [b, 1, n, n]);
}
