import { ones, orthogonal, type Parameters, softmax, zeros } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { product, square } from './unbiased';

/**
 * A basis that text and image share, and the gates with which either takes from it. Weights `basis.vectors` `[n, d]`, drawn
 * once and never trained, its gain `basis.gamma` and shift `basis.beta`, `basis.{query,key,value,output}.weight`,
 * `gate.{input,forget}.{1,2}.weight`.
 */
export interface SharedBasis {
  readonly heads: number;
  readonly vectors: tf.Variable;
  readonly gamma: tf.Variable;
  readonly beta: tf.Variable;
  readonly query: tf.Variable;
  readonly key: tf.Variable;
  readonly value: tf.Variable;
  readonly output: tf.Variable;
  /** Of what comes in and of what is taken from the basis. */
  readonly input: readonly [tf.Variable, tf.Variable];
  readonly forget: readonly [tf.Variable, tf.Variable];
}

/** @param n vectors of the basis */
export function sharedBasis(p: Parameters, d: number, heads: number, n: number): SharedBasis {
  const [basis, gate] = [p.scope('basis'), p.scope('gate')];
  const pair = (name: string) =>
    [square(gate.scope(name), '1', d), square(gate.scope(name), '2', d)] as const;
  return {
    heads,
    vectors: basis.add('vectors', [n, d], orthogonal, false),
    gamma: basis.add('gamma', [n, d], ones),
    beta: basis.add('beta', [n, d], zeros),
    query: square(basis, 'query', d),
    key: square(basis, 'key', d),
    value: square(basis, 'value', d),
    output: square(basis, 'output', d),
    input: pair('input'),
    forget: pair('forget'),
  };
}

/**
 * What vectors take from the basis: multi-head attention of `x` to B̂ = γ ⊙ B + β, no biases. One weight for text and image.
 *
 * @param x `[b, m, d]`
 * @returns `[b, m, d]`
 */
export function fromBasis(s: SharedBasis, x: tf.Tensor3D): tf.Tensor3D {
  const [b, m, d] = x.shape;
  const used = tf.add(tf.mul(s.vectors, s.gamma), s.beta); // [n, d]
  // heads first and rows of all studies together: no matrix is broadcast, whose gradient would be wrong
  const split = (y: tf.Tensor): tf.Tensor3D =>
    tf.transpose(tf.reshape(y, [-1, s.heads, d / s.heads]), [1, 0, 2]);
  const queries = tf.mul(split(product(x, s.query)), 1 / Math.sqrt(d / s.heads));
  const weights = softmax(tf.matMul(queries, split(product(used, s.key)), false, true)); // [h, b·m, n]
  const mixed = tf.matMul(weights, split(product(used, s.value)));
  return product(tf.reshape(tf.transpose(mixed, [1, 0, 2]), [b, m, d]) as tf.Tensor3D, s.output);
}

/**
 * g_in ⊙ tanh(E + F) + g_forget ⊙ E + F with g = σ(E W₁ + F W₂), F what `x` = E takes from the basis: text and image in one
 * space.
 *
 * @param x `[b, m, d]`
 * @see UAR, ICCV 2023, equations 6 to 9
 */
export function unified(s: SharedBasis, x: tf.Tensor3D): tf.Tensor3D {
  const taken = fromBasis(s, x);
  const gate = ([own, other]: SharedBasis['input']): tf.Tensor =>
    tf.sigmoid(tf.add(product(x, own), product(taken, other)));
  const fresh = tf.mul(gate(s.input), tf.tanh(tf.add(x, taken)));
  return tf.add(tf.add(fresh, tf.mul(gate(s.forget), x)), taken) as tf.Tensor3D;
}
