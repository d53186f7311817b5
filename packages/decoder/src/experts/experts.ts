import {
  applyLinear,
  dropout,
  type Initializer,
  type Linear,
  linear,
  linearUniform,
  type Parameters,
  type Pass,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Some feed-forward layers side by side, and what chooses among them. Axes: e experts, f inner width of each. */
export interface Experts {
  readonly count: number;
  /** Experts that each token takes. */
  readonly top: number;
  readonly activation: 'gelu' | 'relu';
  /** d → e */
  readonly gate: Linear;
  /** d → e·f, expert after expert. */
  readonly inner: Linear;
  /** `[e·f, d]` */
  readonly outer: tf.Variable;
  /** `[e, d]` */
  readonly outerBias: tf.Variable;
  /** `[e]`, added to the gate where experts are chosen and nowhere else; not trained. */
  readonly balance: tf.Variable;
}

/** What {@link experts} needs to know. */
export interface ExpertSizes extends Pick<Experts, 'count' | 'top' | 'activation'> {
  /** d */
  readonly width: number;
  /** f */
  readonly feedForward: number;
}

/** Weights `gate`, `inner`, `outer`, `balance`. @param init of each expert's two matrices */
export function experts(p: Parameters, sizes: ExpertSizes, init: Initializer): Experts {
  const { count: e, top, activation, width: d, feedForward: f } = sizes;
  const inner = p.scope('inner');
  const outer = p.scope('outer');
  return {
    ...{ count: e, top, activation },
    gate: linear(p.scope('gate'), d, e),
    inner: {
      weight: inner.add('weight', [d, e * f], sideBySide(e, init)),
      bias: inner.add('bias', [e * f], linearUniform(d)),
    },
    outer: outer.add('weight', [e * f, d], stacked(e, init)),
    outerBias: outer.add('bias', [e, d], linearUniform(f)),
    balance: p.add('balance', [e], zeros, false),
  };
}

/** What the experts say, and which of them. */
export interface Spoken {
  /** `[b, t, d]` */
  readonly out: tf.Tensor3D;
  /** `[b, t, e]`: 1 for the experts chosen, else 0; a constant. */
  readonly chosen: tf.Tensor3D;
}

/**
 * Σ of gate_i · expert_i(x) over the experts of largest gate_i + balance_i, gate = σ(x W + c): the bias decides who speaks,
 * not how loud, and nothing is renormalised. All experts are computed, as two matrix products, and those not chosen take
 * weight 0.
 *
 * @param x `[b, t, d]`
 * @see https://github.com/gssriram/MoERad, its equations; balance without a loss: Wang et al. 2024, arXiv:2408.15664
 */
export function applyExperts(experts: Experts, x: tf.Tensor3D, rate: number, pass: Pass): Spoken {
  const { count: e, top, gate, inner, outer, outerBias, balance } = experts;
  const [b, t, d] = x.shape;
  const n = b * t;
  const open = tf.sigmoid(applyLinear(gate, x)) as tf.Tensor3D;
  const chosen = largest(open, balance, top);
  const weights = tf.reshape(tf.mul(open, chosen), [n, e, 1]);
  const activate = experts.activation === 'gelu' ? gelu : tf.relu;
  const hidden = dropout(activate(applyLinear(inner, x)), rate, pass);
  const weighted = tf.reshape(tf.mul(tf.reshape(hidden, [n, e, -1]), weights), [n, -1]) as tf.Tensor2D;
  const spoken = tf.add(
    tf.matMul(weighted, outer as unknown as tf.Tensor2D),
    tf.matMul(tf.reshape(weights, [n, e]) as tf.Tensor2D, outerBias as unknown as tf.Tensor2D),
  );
  return { out: tf.reshape(spoken, [b, t, d]), chosen };
}

/**
 * balance + rate · sign(mean load − load), load the tokens that took each expert: `[e]`.
 * @param mask `[b, t]`: 1 where a token counts
 */
export function nextBalance(
  { balance }: Pick<Experts, 'balance'>,
  chosen: tf.Tensor3D,
  mask: tf.Tensor2D,
  rate: number,
): tf.Tensor1D {
  return tf.tidy(() => {
    const load = tf.sum(tf.mul(chosen, tf.expandDims(mask, 2)), [0, 1]);
    return tf.add(balance, tf.mul(tf.sign(tf.sub(tf.mean(load), load)), rate)) as tf.Tensor1D;
  });
}

/** 1 at the `top` largest of gate + balance along the last axis (the earlier one where two are equal), else 0; no gradient. */
function largest(gate: tf.Tensor3D, balance: tf.Variable, top: number): tf.Tensor3D {
  const e = gate.shape[2];
  if (top >= e) return tf.onesLike(gate);
  const op = tf.customGrad((x) => {
    let left: tf.Tensor = tf.add(x as tf.Tensor, balance);
    let value: tf.Tensor = tf.zerosLike(left);
    for (let k = 0; k < top; k++) {
      const found = tf.oneHot(tf.argMax(left, 2) as tf.Tensor2D, e, 1, 0, 'float32');
      value = tf.add(value, found);
      left = tf.sub(left, tf.mul(found, 1e9));
    }
    return { value, gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) };
  });
  return op(gate) as tf.Tensor3D;
}

/** x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))). @see Hendrycks and Gimpel 2016, arXiv:1606.08415 */
function gelu(x: tf.Tensor3D): tf.Tensor3D {
  const cubic = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(cubic), 1));
}

/** `[d, e·f]`: e draws of `[d, f]`, one beside the other. */
const sideBySide =
  (e: number, init: Initializer): Initializer =>
  ([d, all], random) => {
    const f = all / e;
    const out = new Float32Array(d * all);
    for (let i = 0; i < e; i++) {
      const own = init([d, f], random.split(`${i}`));
      for (let row = 0; row < d; row++) out.set(own.subarray(row * f, (row + 1) * f), row * all + i * f);
    }
    return out;
  };

/** `[e·f, d]`: e draws of `[f, d]`, one below the other. */
const stacked =
  (e: number, init: Initializer): Initializer =>
  ([all, d], random) => {
    const out = new Float32Array(all * d);
    for (let i = 0; i < e; i++) out.set(init([all / e, d], random.split(`${i}`)), (i * all * d) / e);
    return out;
  };
