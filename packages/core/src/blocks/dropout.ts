import * as tf from '@tensorflow/tfjs-core';
import type { Pass } from '../contracts/module';

/**
 * Inverted dropout: in training each element is 0 with probability `rate`, else times 1/(1 − rate).
 * The mask comes from the pass's generator, so it moves with every call and resumes with its saved state.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, pass: Pass): T {
  if (!pass.training || rate === 0) return x;
  const mask = pass.random.fillDropout(new Float32Array(x.size), rate);
  return tf.mul(x, tf.tensor(mask, x.shape, 'float32')) as T;
}
