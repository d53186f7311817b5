import * as tf from '@tensorflow/tfjs-core';

/**
 * 1 where x reaches the threshold, else 0; backwards the gradient passes as if nothing had been rounded.
 *
 * @param threshold one for all, or uniform numbers of x's shape: then each value is 1 with probability x
 * @see Bengio, Léonard and Courville 2013, arXiv:1308.3432
 */
export function straightThrough<T extends tf.Tensor>(x: T, threshold: number | T): T {
  const op = tf.customGrad((input) => ({
    value: tf.cast(tf.greaterEqual(input as tf.Tensor, threshold), 'float32'),
    gradFunc: (dy: tf.Tensor) => tf.clone(dy),
  }));
  return op(x) as T;
}
