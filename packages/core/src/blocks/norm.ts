import * as tf from '@tensorflow/tfjs-core';
import { ones, zeros } from '../initializers';
import type { Parameters } from '../parameters';

/** Scale γ and shift β `[d]` of a norm over the last axis. */
export interface Norm {
  readonly gamma: tf.Variable;
  readonly beta: tf.Variable;
}

/** Added to the standard deviation, outside the root. */
const EPSILON = 1e-6;

/** Weights `gamma` and `beta` under the given scope. */
export function norm(p: Parameters, d: number): Norm {
  return { gamma: p.add('gamma', [d], ones), beta: p.add('beta', [d], zeros) };
}

/**
 * `γ·(x − mean)/(sd + 1e-6) + β` over the last axis; sd unbiased (divided by d − 1), ε outside the root:
 * the norm of the R2Gen line ("The Annotated Transformer"), not PyTorch's LayerNorm.
 */
export function applyNorm<T extends tf.Tensor>({ gamma, beta }: Norm, x: T): T {
  return tf.add(tf.mul(standardise(x), gamma), beta) as T;
}

/** `(x − mean)/(sd + 1e-6)` over the last axis, with its gradient written out to save a dozen kernels. */
export function standardise<T extends tf.Tensor>(x: T): T {
  const d = x.shape[x.rank - 1];
  const op = tf.customGrad((input, save) => {
    const xs = input as tf.Tensor;
    const centred = tf.sub(xs, tf.mean(xs, -1, true));
    const sd = tf.sqrt(tf.div(tf.sum(tf.square(centred), -1, true), Math.max(d - 1, 1)));
    const scale = tf.add(sd, EPSILON);
    const value = tf.div(centred, scale);
    (save as tf.GradSaveFunc)([value, sd, scale]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [y, s, q] = saved;
      // y = c/q, q = s + ε, ds/dc = c/(s (d−1)) = y q/(s (d−1)); then the mean's part
      const inner = tf.sum(tf.mul(dy, y), -1, true);
      const factor = tf.div(tf.mul(inner, q), tf.mul(tf.maximum(s, 1e-12), Math.max(d - 1, 1)));
      const dc = tf.div(tf.sub(dy, tf.mul(y, factor)), q);
      return tf.sub(dc, tf.mean(dc, -1, true));
    };
    return { value, gradFunc };
  });
  return op(x) as T;
}
