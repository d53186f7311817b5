import {
  type Attention,
  applyLinear,
  attend,
  attention,
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
  const states: tf.Tensor3D[] = [];
  let current = memory;
  for (const token of readTokens(m, x)) {
    current = advance(m, current, token, rate, pass);
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

/** One token: `[b, s, d]` → `[b, s, d]`. */
function advance(
  m: RelationalMemory,
  memory: tf.Tensor3D,
  { seen, gates }: ReadToken,
  rate: number,
  pass: Pass,
): tf.Tensor3D {
  const own = keysValues(m.attention, memory);
  const both = {
    keys: tf.concat([own.keys, seen.keys], 2),
    values: tf.concat([own.values, seen.values], 2),
  };
  let next = tf.add(memory, attend(m.attention, memory, both, null, rate, pass)) as tf.Tensor3D;
  next = tf.add(next, tf.relu(applyLinear(m.mlp.outer, tf.relu(applyLinear(m.mlp.inner, next)))));
  const open = tf.sigmoid(tf.add(gates, applyLinear(m.memoryGates, tf.tanh(memory)))); // [b, s, 2d]
  const [input, forget] = tf.split(open, 2, 2);
  return tf.add(tf.mul(input, tf.tanh(next)), tf.mul(forget, memory));
}
