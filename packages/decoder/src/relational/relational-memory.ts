import {
  type Attention,
  applyLinear,
  attention,
  dropout,
  type FeedForward,
  type Initializer,
  type KeysValues,
  keysValues,
  type Linear,
  linear,
  type Parameters,
  type Pass,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Weights of the relational memory. Axes: b batch, t tokens, s slots, d width. */
export interface RelationalMemory {
  readonly slots: number;
  readonly attention: Attention;
  /** d → d → d, a ReLU after each. */
  readonly mlp: FeedForward;
  /** d → 2d: what the token says to the input gate and to the forget gate. */
  readonly tokenGates: Linear;
  /** d → 2d: the same of the memory. */
  readonly memoryGates: Linear;
}

/** What the memory reads of one token. */
interface ReadToken {
  /** `[b, h, 1, d/h]` each */
  readonly seen: KeysValues;
  /** `[b, 1, 2d]` */
  readonly gates: tf.Tensor3D;
}

/** Weight `[in, out]` and bias `[out]`, of a layer or made of several. */
interface Product {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** Weights `attention`, `mlp`, `tokenGates`, `memoryGates`. */
export function relationalMemory(
  p: Parameters,
  d: number,
  slots: number,
  heads: number,
  init: Initializer,
): RelationalMemory {
  const mlp = p.scope('mlp');
  return {
    slots,
    attention: attention(p.scope('attention'), d, heads, init),
    mlp: {
      inner: linear(mlp.scope('inner'), d, d, init),
      outer: linear(mlp.scope('outer'), d, d, init),
    },
    tokenGates: linear(p.scope('tokenGates'), d, 2 * d, init),
    memoryGates: linear(p.scope('memoryGates'), d, 2 * d, init),
  };
}

/** Before the first token: slot i is the i-th unit vector, `[b, s, d]`. */
export function firstMemory(b: number, slots: number, d: number): tf.Tensor3D {
  return tf.tidy(() => tf.tile(tf.reshape(tf.eye(slots, d), [1, slots, d]), [b, 1, 1]) as tf.Tensor3D);
}

/**
 * The memory after every token of x, `[b, t, d]` → `[b, t, s·d]`. One token after the other:
 *
 *     M' = M + Attention(M, [M; x]),  M'' = M' + MLP(M')
 *     i, f = σ(x W + tanh(M) U)                               gates of each slot, two halves
 *     M ← i ⊙ tanh(M'') + f ⊙ M
 *
 * @param memory before the first of them, `[b, s, d]`
 * @see Chen et al. 2020, arXiv:2010.16056, section 2.2; Santoro et al. 2018, arXiv:1806.01822
 */
export function unrollMemory(
  m: RelationalMemory,
  x: tf.Tensor3D,
  memory: tf.Tensor3D,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  const [b, t, d] = x.shape;
  const states: tf.Tensor[] = [];
  const questions = joined(m.attention);
  let current = memory;
  for (const token of readTokens(m, x)) {
    current = advance(m, current, questions, token, rate, pass);
    states.push(current);
  }
  return tf.reshape(tf.stack(states, 1), [b, t, m.slots * d]);
}

/** All products with tokens at once, then one piece a token; to unstack costs one operation backwards, to slice t. */
function readTokens(m: RelationalMemory, x: tf.Tensor3D): ReadToken[] {
  const { keys, values } = keysValues(m.attention, x);
  const k = tf.unstack(keys, 2);
  const v = tf.unstack(values, 2);
  return tf.unstack(applyLinear(m.tokenGates, x), 1).map((gates, j) => ({
    seen: { keys: tf.expandDims(k[j], 2), values: tf.expandDims(v[j], 2) },
    gates: tf.expandDims(gates, 1),
  }));
}

/** Query, key and value of the memory as one product; the query scaled by 1/√(d/h). */
function joined({ query, key, value, heads }: Attention): Product {
  const scale = 1 / Math.sqrt(query.weight.shape[0] / heads);
  return {
    weight: tf.concat([tf.mul(query.weight, scale), key.weight, value.weight], 1) as tf.Tensor2D,
    bias: tf.concat([tf.mul(query.bias, scale), key.bias, value.bias]),
  };
}

/** One token: `[b, s, d]` → `[b, s, d]`. Slots of all reports are rows of one matrix wherever they can be. */
function advance(
  m: RelationalMemory,
  memory: tf.Tensor3D,
  questions: Product,
  { seen, gates }: ReadToken,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  const [b, s, d] = memory.shape;
  const { heads, output } = m.attention;
  const rows = tf.reshape(memory, [b * s, d]) as tf.Tensor2D;
  const all = tf.reshape(times(rows, questions), [b, s, 3 * heads, d / heads]);
  const [q, k, v] = tf.split(tf.transpose(all, [0, 2, 1, 3]), 3, 1); // [b, h, s, d/h] each
  const scores = tf.matMul(q, tf.concat([k, seen.keys], 2), false, true);
  const weights = dropout(tf.softmax(scores), rate, pass);
  const mixed = tf.transpose(tf.matMul(weights, tf.concat([v, seen.values], 2)), [0, 2, 1, 3]);
  const attended = tf.add(rows, times(tf.reshape(mixed, [b * s, d]) as tf.Tensor2D, output)) as tf.Tensor2D;
  const inner = tf.relu(times(attended, m.mlp.inner));
  const next = tf.add(attended, tf.relu(times(inner, m.mlp.outer)));
  const own = tf.reshape(times(tf.tanh(rows), m.memoryGates), [b, s, 2 * d]);
  const [input, forget] = tf.split(tf.sigmoid(tf.add(gates, own)), 2, 2);
  return tf.add(tf.mul(input, tf.reshape(tf.tanh(next), [b, s, d])), tf.mul(forget, memory));
}

/** `[n, in]` → `[n, out]` */
const times = (x: tf.Tensor2D, { weight, bias }: Product): tf.Tensor2D =>
  tf.add(tf.matMul(x, weight as tf.Tensor2D), bias);
