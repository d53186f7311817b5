import * as tf from '@tensorflow/tfjs-core';
import { isInference, type Pass } from '../contracts/module';
import { ATTENTION, hasKernel, runKernel } from '../fused-kernels';
import type { Initializer } from '../initializers';
import type { Parameters } from '../parameters';
import { dropout } from './dropout';
import { applyLinear, type Linear, linear } from './linear';
import { softmax } from './softmax';

/** Multi-head attention of Vaswani et al. 2017, arXiv:1706.03762; h heads of width d/h. */
export interface Attention {
  readonly heads: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
}

/** Keys and values split into heads, `[b, h, n, d/h]` each: what a cache keeps. */
export interface KeysValues {
  readonly keys: tf.Tensor4D;
  readonly values: tf.Tensor4D;
}

/** Weights `query`, `key`, `value`, `output`. @throws RangeError unless heads divides d */
export function attention(p: Parameters, d: number, heads: number, init?: Initializer): Attention {
  if (d % heads !== 0) throw new RangeError(`attention: heads must divide the width, got ${heads} and ${d}`);
  const make = (name: string): Linear => linear(p.scope(name), d, d, init);
  return { heads, query: make('query'), key: make('key'), value: make('value'), output: make('output') };
}

/** `[b, n, d]` → keys and values of every head. */
export function keysValues(a: Attention, memory: tf.Tensor3D): KeysValues {
  return {
    keys: splitHeads(applyLinear(a.key, memory), a.heads),
    values: splitHeads(applyLinear(a.value, memory), a.heads),
  };
}

/**
 * softmax(Q Kᵀ/√(d/h) + bias) V, heads joined and projected.
 *
 * @param x queries `[b, n, d]`
 * @param memory cached keys and values of m positions
 * @param bias added to the scores, broadcast to `[b, h, n, m]`: −1e9 where attention is not allowed
 * @param rate dropout on the attention weights
 * @returns `[b, n, d]`
 */
export function attend(
  a: Attention,
  x: tf.Tensor3D,
  memory: KeysValues,
  bias: tf.Tensor | null,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  const { keys, values } = memory;
  if (isInference(pass) && hasKernel(ATTENTION)) {
    const q = applyLinear(a.query, x);
    const inputs = { q, keys, values, ...(bias && { bias: everyQuery(bias, x.shape[1]) }) };
    return applyLinear(a.output, runKernel(ATTENTION, inputs, { heads: a.heads })[0] as tf.Tensor3D);
  }
  const [b, n, d] = x.shape;
  const q = splitHeads(tf.mul(applyLinear(a.query, x), 1 / Math.sqrt(d / a.heads)), a.heads);
  const raw = tf.matMul(q, keys, false, true);
  const weights = softmax(bias ? tf.add(raw, bias) : raw);
  const mixed = tf.matMul(dropout(weights, rate, pass), values); // [b, h, n, d/h]
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [b, n, d]) as tf.Tensor3D;
  return applyLinear(a.output, joined);
}

/** {@link attend} of x to itself. */
export function selfAttend(
  a: Attention,
  x: tf.Tensor3D,
  bias: tf.Tensor | null,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  return attend(a, x, keysValues(a, x), bias, rate, pass);
}

/** Score bias `[1, 1, t, t]`: 0 for positions up to one's own, −1e9 for later ones. */
export function causalBias(t: number): tf.Tensor4D {
  const values = new Float32Array(t * t);
  for (let i = 0; i < t; i++) values.fill(-1e9, i * t + i + 1, (i + 1) * t);
  return tf.tensor4d(values, [1, 1, t, t]);
}

/** Score bias `[b, 1, 1, t]` from which positions may be attended. @param keep b·t flags */
export function keyBias(keep: (b: number, t: number) => boolean, b: number, t: number): tf.Tensor4D {
  const values = new Float32Array(b * t);
  for (let i = 0; i < b; i++) for (let j = 0; j < t; j++) if (!keep(i, j)) values[i * t + j] = -1e9;
  return tf.tensor4d(values, [b, 1, 1, t]);
}

/** The kernel reads a bias of every query: `[·, ·, 1, m]` → `[·, ·, n, m]`. */
const everyQuery = (bias: tf.Tensor, n: number): tf.Tensor =>
  bias.shape[2] === n ? bias : tf.tile(bias, [1, 1, n, 1]);

/** `[b, n, d]` → `[b, h, n, d/h]` */
function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [b, n, d] = x.shape;
  return tf.transpose(tf.reshape(x, [b, n, heads, d / heads]), [0, 2, 1, 3]) as tf.Tensor4D;
}
