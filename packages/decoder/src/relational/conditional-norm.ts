import {
  applyLinear,
  type FeedForward,
  type Initializer,
  linear,
  type Norm,
  type Parameters,
  standardise,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** How a memory moves a norm's scale and shift. */
export interface ConditionalNorm {
  readonly norm: Norm;
  /** s·d → d → d, a ReLU between. */
  readonly gamma: FeedForward;
  readonly beta: FeedForward;
}

/**
 * Weights `gammaMlp` and `betaMlp`.
 * @param still start with last layers of 0, so that the memory moves nothing at first
 */
export function conditionalNorm(
  p: Parameters,
  norm: Norm,
  memoryWidth: number,
  d: number,
  init: Initializer,
  still: boolean,
): ConditionalNorm {
  const mlp = (name: string): FeedForward => {
    const outer = p.scope(name).scope('outer');
    return {
      inner: linear(p.scope(name).scope('inner'), memoryWidth, d, init),
      outer: still
        ? { weight: outer.add('weight', [d, d], zeros), bias: outer.add('bias', [d], zeros) }
        : linear(outer, d, d, init),
    };
  };
  return { norm, gamma: mlp('gammaMlp'), beta: mlp('betaMlp') };
}

/**
 * (γ + MLP_γ(m)) ⊙ (x − mean)/(sd + 1e-6) + β + MLP_β(m), this line's norm with scale and shift from a memory m.
 *
 * @param x `[b, t, d]`
 * @param memory m, `[b, t, s·d]`
 * @see Chen et al. 2020, arXiv:2010.16056, section 2.3 (memory-driven conditional layer normalisation)
 */
export function applyConditionalNorm(c: ConditionalNorm, x: tf.Tensor3D, memory: tf.Tensor3D): tf.Tensor3D {
  const gamma = tf.add(c.norm.gamma, through(c.gamma, memory));
  const beta = tf.add(c.norm.beta, through(c.beta, memory));
  return tf.add(tf.mul(standardise(x), gamma), beta) as tf.Tensor3D;
}

const through = ({ inner, outer }: FeedForward, x: tf.Tensor3D): tf.Tensor3D =>
  applyLinear(outer, tf.relu(applyLinear(inner, x)));
