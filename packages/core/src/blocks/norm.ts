import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, NORM, NORM_GRADIENT, runKernel } from '../fused-kernels';
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
 * the norm of the R2Gen line ("The Annotated Transformer"), not PyTorch's LayerNorm. One kernel each way where the
 * backend has it.
 */
export function applyNorm<T extends tf.Tensor>({ gamma, beta }: Norm, x: T): T {
  return isFused(x) ? fusedNorm(x, gamma, beta) : (tf.add(tf.mul(standardise(x), gamma), beta) as T);
}

const isFused = (x: tf.Tensor): boolean => hasKernel(NORM) && x.size > 0;

/** @param gamma,beta `[d]` */
function fusedNorm<T extends tf.Tensor>(x: T, gamma: tf.Tensor, beta: tf.Tensor): T {
  const op = tf.customGrad((...args) => {
    const [x, scale, shift, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [y, unit, inverse, factor] = runKernel(NORM, { x, scale, shift }, { epsilon: EPSILON });
    save([scale, unit, inverse, factor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [scale, unit, inverse, factor] = saved;
      return runKernel(NORM_GRADIENT, { dy, scale, unit, inverse, factor });
    };
    return { value: y, gradFunc };
  });
  const rows = tf.reshape(x, [-1, gamma.size]);
  return tf.reshape(op(rows, gamma, beta), x.shape) as T;
}

/** `(x − mean)/(sd + 1e-6)` over the last axis, with its gradient written out to save a dozen kernels. */
export function standardise<T extends tf.Tensor>(x: T): T {
  const d = x.shape[x.rank - 1];
  if (isFused(x)) return fusedNorm(x, tf.ones([d]), tf.zeros([d]));
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
