import * as tf from '@tensorflow/tfjs-core';

/**
 * Softmax over the k largest values of the last axis, 0 elsewhere. Values that equal the k-th all take part, so
 * more than k do where there are ties; which values are among the k has no gradient.
 */
export function topKSoftmax<T extends tf.Tensor>(x: T, k: number): T {
  const n = x.shape[x.rank - 1];
  if (k >= n) return tf.softmax(x);
  const op = tf.customGrad((input, save) => {
    const scores = input as tf.Tensor;
    const { values } = tf.topk(scores, k);
    const start = values.shape.map((_, i) => (i === values.rank - 1 ? k - 1 : 0));
    const least = tf.slice(values, start, [...values.shape.slice(0, -1), 1]);
    const out = tf.where(tf.less(scores, least), tf.fill(scores.shape, -1e9), scores);
    const value = tf.softmax(out);
    (save as tf.GradSaveFunc)([value]);
    const gradFunc = (dy: tf.Tensor, [y]: tf.Tensor[]): tf.Tensor =>
      tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)));
    return { value, gradFunc };
  });
  return op(x) as T;
}
