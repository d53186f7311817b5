import {
  attend,
  causalBias,
  type DecodingOptions,
  INFERENCE,
  type KeysValues,
  keysValues,
  type Memory,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerNorm } from './layer-stack';
import { kept, type StoredMemory } from './stored-keys';
import type { LayerParts } from './weights';

/*
 * Embedded words before the report, `[b, q, d]`: positions of the layers like any other, each of which sees those before
 * it, and none of which is predicted.
 */

/** The prefix of the options; null where there is none or it is empty. @throws RangeError unless it is `[b, q, d]` */
export function prefixOf(
  who: string,
  { prefix }: DecodingOptions,
  { tokens: memory }: Memory,
): tf.Tensor3D | null {
  if (!prefix) return null;
  const [b, , d] = memory.shape;
  if (prefix.rank !== 3 || prefix.shape[0] !== b || prefix.shape[2] !== d) {
    throw new RangeError(`${who}: prefix must be [${b}, q, ${d}] for this memory, got [${prefix.shape}]`);
  }
  return prefix.shape[1] === 0 ? null : prefix;
}

/** Prefix and words as one text, `[b, q + t, d]`. */
export const afterPrefix = (prefix: tf.Tensor3D | null, words: tf.Tensor3D): tf.Tensor3D =>
  prefix ? tf.concat([prefix, words], 1) : words;

/** The last t positions of `[b, q + t, ·]`: those of the words. */
export function withoutPrefix(x: tf.Tensor3D, t: number): tf.Tensor3D {
  const [b, all, width] = x.shape;
  return all === t ? x : tf.slice(x, [0, all - t, 0], [b, t, width]);
}

/**
 * Keys and values of the prefix, per layer `[b, h, q, d/h]`, kept past every tidy: what caches hold before the first word.
 * @param prefix as the first layer reads it
 */
export function readPrefix(
  layers: readonly LayerParts[],
  prefix: tf.Tensor3D,
  memory: StoredMemory,
  norm: LayerNorm,
): KeysValues[] {
  const made: KeysValues[] = [];
  tf.tidy(() => {
    const bias = causalBias(prefix.shape[1]);
    let h = prefix;
    layers.forEach(({ selfAttention, crossAttention, positionWise }, i) => {
      const x = norm(i, 0, h);
      const own = kept(() => keysValues(selfAttention, x));
      made.push(own);
      if (i === layers.length - 1) return;
      h = tf.add(h, attend(selfAttention, x, own, bias, 0, INFERENCE));
      h = tf.add(h, attend(crossAttention, norm(i, 1, h), memory.layers[i], memory.bias, 0, INFERENCE));
      h = tf.add(h, positionWise(norm(i, 2, h), 0, INFERENCE));
    });
  });
  return made;
}
