import { ATTENTION, type Attention, applyLinear, applyNorm, runKernel, WeightedProgram } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { DecoderWeights } from './weights';

/** Places among the inputs. */
export const [WORDS, BIAS, FIRST_STORE] = [0, 1, 2];
/** Place among the results; the fresh keys and values follow. */
export const LOGITS = 0;

/**
 * One decoding step as a program for backends that record them. Axes: n studies, c rows of each, h heads, w = d/h,
 * m cached positions of a study, p places of the memory, V words.
 *
 * - inputs: words at their positions `[n·c, d]`; bias `[n, 1, c, m + c]` of cached and fresh positions;
 *   then for each layer the cached keys and values `[n, h, m, w]`, then for each those of the memory `[n, h, p, w]`;
 *   where places of the memory are absent, last the bias `[n, 1, c, p]` of its scores
 * - results: logits `[n·c, V]`; for each layer the fresh keys and values `[n·c, d]`
 *
 * What depends on weights only (joined matrices) is worked out once, when the program is recorded.
 */
export function stepProgram({ layers, norm, output, parameters }: DecoderWeights): WeightedProgram {
  const step = ([words, bias, ...stores]: readonly tf.Tensor[]): tf.Tensor[] => {
    const n = bias.shape[0];
    const [rows, d] = words.shape as [number, number];
    const c = rows / n;
    const byStudy = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [n, c, d]);
    const byRow = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [rows, d]);
    const attended = (a: Attention, inputs: Record<string, tf.Tensor>): tf.Tensor2D =>
      applyLinear(a.output, byRow(runKernel(ATTENTION, inputs, { heads: a.heads })[0]));
    const absent = stores[4 * layers.length] as tf.Tensor | undefined;
    const made: tf.Tensor[] = [];
    let h = words as tf.Tensor2D;
    layers.forEach(({ selfAttention, crossAttention, feedForward, norms }, i) => {
      const [query, keys, values] = queryKeyValue(selfAttention, applyNorm(norms[0], h));
      made.push(keys, values);
      const [pastKeys, pastValues] = stores.slice(2 * i);
      const own = {
        q: byStudy(query),
        keys: byStudy(keys),
        values: byStudy(values),
        bias,
        pastKeys,
        pastValues,
      };
      h = tf.add(h, attended(selfAttention, own));
      const q = byStudy(applyLinear(crossAttention.query, applyNorm(norms[1], h)));
      const [seenKeys, seenValues] = stores.slice(2 * (layers.length + i));
      h = tf.add(
        h,
        attended(crossAttention, { q, keys: seenKeys, values: seenValues, ...(absent && { bias: absent }) }),
      );
      const inner = tf.relu(applyLinear(feedForward.inner, applyNorm(norms[2], h)));
      h = tf.add(h, applyLinear(feedForward.outer, inner));
    });
    return [applyLinear(output, applyNorm(norm, h)), ...made];
  };
  // m grows as reports do, and p is another where memories are
  const stores = Array.from({ length: 4 * layers.length }, (_, i) => [FIRST_STORE + i, 2] as const);
  const absent = [FIRST_STORE + stores.length, 3] as const;
  return new WeightedProgram(parameters, step, Object.fromEntries([[BIAS, 3], ...stores, absent]));
}

/** Rows `[n, d]` → queries, keys and values `[n, d]` each, by one product. */
function queryKeyValue({ query, key, value }: Attention, x: tf.Tensor2D): tf.Tensor[] {
  const parts = [query, key, value];
  const weight = tf.concat(
    parts.map((part) => part.weight as unknown as tf.Tensor2D),
    1,
  );
  const bias = tf.concat(parts.map((part) => part.bias as unknown as tf.Tensor1D));
  return tf.split(tf.add(tf.matMul(x, weight), bias), 3, 1);
}
