import {
  type Attention,
  applyLinear,
  applyNorm,
  type KeysValues,
  softmax,
  WeightedProgram,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { DecoderWeights } from './weights';

/** Places among the inputs. */
const [CACHED_BIAS, FIRST_STORE] = [2, 4];

/**
 * One decoding step as a program that a backend may record. Axes: n studies, c rows of each, h heads, w = d/h,
 * m cached positions of a study, p patches, V words.
 *
 * - inputs: token vectors `[n·c, d]`; their position `[n, d]`; bias `[n, 1, c, m]` of the cached positions; bias `[n, 1, c, c]` of the fresh ones;
 *   then for each layer the cached keys and values `[n, h, m, w]`, then for each those of the memory `[n, h, p, w]`
 * - results: logits `[n·c, V]`; for each layer the fresh keys and values `[n, h, c, w]`
 *
 * What depends on weights only (joined and scaled matrices) is worked out once, when the program is recorded.
 */
export function stepProgram({ layers, norm, output, parameters }: DecoderWeights): WeightedProgram {
  const caches = Array.from({ length: 2 * layers.length }, (_, i) => [FIRST_STORE + i, 2] as const);
  const free = Object.fromEntries([[CACHED_BIAS, 3] as const, ...caches]); // m grows as reports do
  const step = ([tokens, positions, cachedBias, freshBias, ...stores]: readonly tf.Tensor[]): tf.Tensor[] => {
    const store = (i: number): KeysValues => ({
      keys: stores[2 * i] as tf.Tensor4D,
      values: stores[2 * i + 1] as tf.Tensor4D,
    });
    const [n, d] = positions.shape as [number, number];
    const c = tokens.shape[0] / n;
    const made: tf.Tensor[] = [];
    const scaled = tf.reshape(tf.mul(tokens, Math.sqrt(d)), [n, c, d]);
    let h = tf.reshape(tf.add(scaled, tf.reshape(positions, [n, 1, d])), [n * c, d]) as tf.Tensor2D;
    layers.forEach(({ selfAttention, crossAttention, feedForward, norms }, i) => {
      const own = heads(selfAttention, ['query', 'key', 'value'], applyNorm(norms[0], h), c);
      const [query, keys, values] = own;
      made.push(keys, values);
      // The cache is not joined with the fresh keys, which would copy it: one softmax over both lots of scores.
      const lots: [KeysValues, tf.Tensor][] = [
        [{ keys, values }, freshBias],
        [store(i), cachedBias],
      ];
      const scores = lots.map(([lot, bias]) => tf.add(tf.matMul(query, lot.keys, false, true), bias));
      const sizes = lots.map(([{ keys }]) => keys.shape[2]);
      const weights = tf.split(softmax(tf.concat(scores, 3)), sizes, 3);
      const [now, before] = lots.map(([lot], k) => tf.matMul(weights[k], lot.values));
      h = tf.add(h, joined(selfAttention, tf.add(now, before)));
      const memory = store(layers.length + i);
      const [asked] = heads(crossAttention, ['query'], applyNorm(norms[1], h), c);
      const seen = softmax(tf.matMul(asked, memory.keys, false, true));
      h = tf.add(h, joined(crossAttention, tf.matMul(seen, memory.values)));
      const inner = tf.relu(applyLinear(feedForward.inner, applyNorm(norms[2], h)));
      h = tf.add(h, applyLinear(feedForward.outer, inner));
    });
    return [applyLinear(output, applyNorm(norm, h)), ...made];
  };
  return new WeightedProgram(parameters, step, free);
}

/** `[n·c, d]` → each part of the attention `[n, h, c, w]`, all by one product; queries scaled by 1/√w. */
function heads(
  a: Attention,
  parts: readonly ('query' | 'key' | 'value')[],
  x: tf.Tensor2D,
  c: number,
): tf.Tensor4D[] {
  const [rows, d] = x.shape;
  const [n, w] = [rows / c, d / a.heads];
  const scaled = (part: (typeof parts)[number], which: 'weight' | 'bias'): tf.Tensor =>
    part === 'query' ? tf.mul(a.query[which], 1 / Math.sqrt(w)) : a[part][which];
  const join = (which: 'weight' | 'bias'): tf.Tensor =>
    tf.concat(
      parts.map((part) => scaled(part, which)),
      -1,
    );
  const y = tf.add(tf.matMul(x, join('weight') as tf.Tensor2D), join('bias'));
  if (parts.length === 1)
    return [tf.transpose(tf.reshape(y, [n, c, a.heads, w]), [0, 2, 1, 3]) as tf.Tensor4D];
  const turned = tf.transpose(tf.reshape(y, [n, c, parts.length, a.heads, w]), [2, 0, 3, 1, 4]);
  return tf.split(turned, parts.length, 0).map((part) => tf.reshape(part, [n, a.heads, c, w]));
}

/** `[n, h, c, w]` → `[n·c, d]`, projected */
function joined(a: Attention, mixed: tf.Tensor): tf.Tensor2D {
  const [n, h, c, w] = mixed.shape as [number, number, number, number];
  return applyLinear(a.output, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [n * c, h * w]) as tf.Tensor2D);
}
