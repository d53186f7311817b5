import type { Parameters } from '@raca/core';
import { orthogonal } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** A square matrix `[d, d]` without bias, as weight `<name>.weight`. */
export const square = (p: Parameters, name: string, d: number): tf.Variable =>
  p.scope(name).add('weight', [d, d], orthogonal);

/** x W: `[…, d]` → `[…, d]`, flattened so that the weight's gradient is right. */
export function product<T extends tf.Tensor>(x: T, weight: tf.Tensor): T {
  const flat = tf.reshape(x, [-1, weight.shape[0]]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(flat, weight as tf.Tensor2D), x.shape) as T;
}
