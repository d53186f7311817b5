import {
  applyFeedForward,
  applyNorm,
  attend,
  dropout,
  embedTokens,
  keysValues,
  type Pass,
  selfAttend,
  sinusoidalPositions,
  type TokenBatch,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { DecoderWeights } from './weights';

/** Token vectors times √d plus sinusoidal positions from `from` on, then dropout: `[b, t, d]`. */
export function embed(
  weights: DecoderWeights,
  tokens: TokenBatch,
  rate: number,
  pass: Pass,
  from = 0,
): tf.Tensor3D {
  const [t, d] = [tokens.shape[1], weights.embedding.shape[1]!];
  const positions = tf.tensor3d(sinusoidalPositions(t, d, from), [1, t, d]);
  return dropout(tf.add(embedTokens(weights.embedding, tokens), positions) as tf.Tensor3D, rate, pass);
}

/**
 * The decoder's last layer `[b, t, d]` for all positions at once: pre-norm layers of masked self-attention,
 * attention to the memory, feed-forward; a final norm.
 *
 * @param embedded what {@link embed} gives, `[b, t, d]`
 * @param memory `[b, p, d]`
 * @param bias what {@link targetBias} gives
 */
export function hiddenStates(
  weights: DecoderWeights,
  embedded: tf.Tensor3D,
  memory: tf.Tensor3D,
  bias: tf.Tensor4D,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  let h = embedded;
  for (const { selfAttention, crossAttention, feedForward, norms } of weights.layers) {
    const own = selfAttend(selfAttention, applyNorm(norms[0], h), bias, rate, pass);
    h = tf.add(h, dropout(own, rate, pass));
    const seen = keysValues(crossAttention, memory);
    const crossed = attend(crossAttention, applyNorm(norms[1], h), seen, null, rate, pass);
    h = tf.add(h, dropout(crossed, rate, pass));
    h = tf.add(h, dropout(applyFeedForward(feedForward, applyNorm(norms[2], h), rate, pass), rate, pass));
  }
  return applyNorm(weights.norm, h);
}

/**
 * Score bias `[b, 1, t, t]`: −1e9 for later positions and for padding. A position sees itself and what is before it,
 * without padding. Padding is id 0 but for the first position, as in the R2Gen line.
 */
export function targetBias({ ids, shape: [b, t] }: TokenBatch): tf.Tensor4D {
  const values = new Float32Array(b * t * t).fill(-1e9);
  for (let i = 0; i < b; i++) {
    for (let j = 0; j < t; j++) {
      if (j > 0 && ids[i * t + j] === 0) continue;
      for (let from = j; from < t; from++) values[(i * t + from) * t + j] = 0;
    }
  }
  return tf.tensor4d(values, [b, 1, t, t]);
}
