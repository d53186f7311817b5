import * as tf from '@tensorflow/tfjs-core';
import { type Initializer, linearUniform } from '../initializers';
import type { Parameters } from '../parameters';

/** y = x W + c. */
export interface Linear {
  /** W `[in, out]` */
  readonly weight: tf.Variable;
  /** c `[out]` */
  readonly bias: tf.Variable;
}

/** Weights `weight` and `bias` under the given scope. */
export function linear(p: Parameters, input: number, output: number, init?: Initializer): Linear {
  return {
    weight: p.add('weight', [input, output], init ?? linearUniform(input)),
    bias: p.add('bias', [output], linearUniform(input)),
  };
}

/** `[…, in]` → `[…, out]`; flattened to a matrix so that the weight's gradient is right in tfjs. */
export function applyLinear<T extends tf.Tensor>({ weight, bias }: Linear, x: T): T {
  const input = x.shape[x.rank - 1];
  const [rows, output] = weight.shape;
  if (input !== rows) {
    throw new RangeError(`applyLinear: last axis must be ${rows}, got shape [${x.shape}]`);
  }
  const flat = tf.reshape(x, [-1, rows]) as tf.Tensor2D;
  const y = tf.add(tf.matMul(flat, weight as unknown as tf.Tensor2D), bias);
  return tf.reshape(y, [...x.shape.slice(0, -1), output]) as T;
}
