import {
  applyNorm,
  attend,
  dropout,
  type KeysValues,
  keysValues,
  type Memory,
  type Pass,
  presenceBias,
  selfAttend,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { RowState } from './row-state';
import type { LayerParts } from './weights';

/** The norm before part k (0 own words, 1 memory, 2 feed-forward) of a layer: `[b, t, d]` → `[b, t, d]`. */
export type LayerNorm = (layer: number, k: 0 | 1 | 2, x: tf.Tensor3D) => tf.Tensor3D;

/** The norms of the layers themselves. */
export const ownNorms =
  (layers: readonly LayerParts[]): LayerNorm =>
  (i, k, x) =>
    applyNorm(layers[i].norms[k], x);

/** What attention to the memory reads. */
export interface Seen {
  /** `[b, m, d]` */
  readonly tokens: tf.Tensor3D;
  /** Of the scores, `[b, 1, 1, m]`: −1e9 for places that are not there; null: all are there. */
  readonly bias: tf.Tensor4D | null;
}

export const seenOf = ({ tokens, present }: Memory): Seen => ({ tokens, bias: presenceBias(present) });

/**
 * The decoder's pre-norm layers at all positions at once, with norms from outside; no final norm.
 *
 * @param h embedded tokens `[b, t, d]`
 * @param seen what attention to the memory reads; a list: of each layer
 * @param bias of the scores among words, such as −1e9 for later ones
 */
export function runLayers(
  layers: readonly LayerParts[],
  h: tf.Tensor3D,
  seen: Seen | readonly Seen[],
  bias: tf.Tensor,
  norm: LayerNorm,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  layers.forEach(({ selfAttention, crossAttention, positionWise }, i) => {
    const own = selfAttend(selfAttention, norm(i, 0, h), bias, rate, pass);
    h = tf.add(h, dropout(own, rate, pass));
    const { tokens, bias: absent } = 'tokens' in seen ? seen : seen[i];
    const stored = keysValues(crossAttention, tokens);
    const crossed = attend(crossAttention, norm(i, 1, h), stored, absent, rate, pass);
    h = tf.add(h, dropout(crossed, rate, pass));
    h = tf.add(h, dropout(positionWise(norm(i, 2, h), rate, pass), rate, pass));
  });
  return h;
}

/** The same for one new token a row, `[rows, 1, d]`; the state's caches grow by its keys and values. */
export function stepLayers(
  layers: readonly LayerParts[],
  h: tf.Tensor3D,
  state: RowState,
  norm: LayerNorm,
  pass: Pass,
): tf.Tensor3D {
  const { memory } = state;
  layers.forEach(({ selfAttention, crossAttention, positionWise }, i) => {
    const x = norm(i, 0, h);
    const written: KeysValues = state.append(i, keysValues(selfAttention, x));
    h = tf.add(h, attend(selfAttention, x, written, null, 0, pass));
    h = tf.add(h, attend(crossAttention, norm(i, 1, h), memory.layers[i], memory.bias, 0, pass));
    h = tf.add(h, positionWise(norm(i, 2, h), 0, pass));
  });
  return h;
}
