import { ones, type Parameters, zeros } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Batch norm over all axes but the last (Ioffe and Szegedy 2015, arXiv:1502.03167), under torchvision's names. */
export interface BatchNorm {
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;
  readonly mean: tf.Variable;
  readonly variance: tf.Variable;
}

export const EPSILON = 1e-5;
/** Share of the newest batch in the running statistics. */
const MOMENTUM = 0.1;

/** Weights `weight` and `bias`, statistics `running_mean` and `running_var` under the given scope. */
export function batchNorm(p: Parameters, d: number, trainable: boolean): BatchNorm {
  return {
    weight: p.add('weight', [d], ones, trainable),
    bias: p.add('bias', [d], zeros, trainable),
    mean: p.add('running_mean', [d], zeros, false),
    variance: p.add('running_var', [d], ones, false),
  };
}

/** Evaluation mode as scale and shift `[d]`: y = scale · x + shift. */
export function affine({ weight, bias, mean, variance }: BatchNorm): { scale: tf.Tensor; shift: tf.Tensor } {
  const scale = tf.div(weight, tf.sqrt(tf.add(variance, EPSILON)));
  return { scale, shift: tf.sub(bias, tf.mul(mean, scale)) };
}

/**
 * Training mode: normalises by the batch's own mean and (biased) variance and moves the running statistics
 * towards them (variance unbiased), as PyTorch does.
 */
export function normaliseBatch(bn: BatchNorm, x: tf.Tensor4D): tf.Tensor4D {
  const n = x.size / x.shape[3];
  const op = tf.customGrad((input, save) => {
    const xs = input as tf.Tensor4D;
    const { mean, variance } = tf.moments(xs, [0, 1, 2]);
    track(bn.mean, mean);
    track(bn.variance, tf.mul(variance, n / Math.max(n - 1, 1)));
    const scale = tf.rsqrt(tf.add(variance, EPSILON));
    const value = tf.mul(tf.sub(xs, mean), scale) as tf.Tensor4D;
    (save as tf.GradSaveFunc)([value, scale]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [y, s] = saved;
      const along = tf.mul(y, tf.mean(tf.mul(dy, y), [0, 1, 2]));
      return tf.mul(tf.sub(tf.sub(dy, tf.mean(dy, [0, 1, 2])), along), s);
    };
    return { value, gradFunc };
  });
  return tf.add(tf.mul(op(x), bn.weight), bn.bias) as tf.Tensor4D;
}

function track(running: tf.Variable, batch: tf.Tensor): void {
  running.assign(tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(batch, MOMENTUM)));
}
