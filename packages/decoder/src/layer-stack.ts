import {
  applyFeedForward,
  attend,
  dropout,
  type KeysValues,
  keysValues,
  type Pass,
  selfAttend,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { RowState } from './row-state';
import type { DecoderLayer } from './weights';

/** The norm before part k (0 own words, 1 memory, 2 feed-forward) of a layer: `[b, t, d]` → `[b, t, d]`. */
export type LayerNorm = (layer: number, k: 0 | 1 | 2, x: tf.Tensor3D) => tf.Tensor3D;

/**
 * The decoder's pre-norm layers at all positions at once, with norms from outside; no final norm.
 *
 * @param h embedded tokens `[b, t, d]`
 * @param memory `[b, p, d]`
 * @param bias of the scores among words, such as −1e9 for later ones
 */
export function runLayers(
  layers: readonly DecoderLayer[],
  h: tf.Tensor3D,
  memory: tf.Tensor3D,
  bias: tf.Tensor,
  norm: LayerNorm,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  layers.forEach(({ selfAttention, crossAttention, feedForward }, i) => {
    const own = selfAttend(selfAttention, norm(i, 0, h), bias, rate, pass);
    h = tf.add(h, dropout(own, rate, pass));
    const seen = keysValues(crossAttention, memory);
    h = tf.add(h, dropout(attend(crossAttention, norm(i, 1, h), seen, null, rate, pass), rate, pass));
    h = tf.add(h, dropout(applyFeedForward(feedForward, norm(i, 2, h), rate, pass), rate, pass));
  });
  return h;
}

/** The same for one new token a row, `[rows, 1, d]`; the state's caches grow by its keys and values. */
export function stepLayers(
  layers: readonly DecoderLayer[],
  h: tf.Tensor3D,
  state: RowState,
  norm: LayerNorm,
  pass: Pass,
): tf.Tensor3D {
  layers.forEach(({ selfAttention, crossAttention, feedForward }, i) => {
    const x = norm(i, 0, h);
    const written: KeysValues = state.append(i, keysValues(selfAttention, x));
    h = tf.add(h, attend(selfAttention, x, written, null, 0, pass));
    h = tf.add(h, attend(crossAttention, norm(i, 1, h), state.memory[i], null, 0, pass));
    h = tf.add(h, applyFeedForward(feedForward, norm(i, 2, h), 0, pass));
  });
  return h;
}
