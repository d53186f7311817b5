import * as tf from '@tensorflow/tfjs-core';

/** Sum and mean of each row's counted values, `[rows]`, both 0 where nothing counts; `there` is 1 where something does. */
export interface RowTotals {
  readonly sum: tf.Tensor1D;
  readonly mean: tf.Tensor1D;
  readonly there: tf.Tensor1D;
}

/** Values where the mask is above 0, else 0: neither value nor gradient of the rest is seen. */
export const onlyCounted = (values: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D =>
  tf.where(tf.greater(mask, 0), values, tf.zerosLike(mask));

/** Σ mask · value and the mean, row by row. */
export function rowTotals(values: tf.Tensor2D, mask: tf.Tensor2D): RowTotals {
  const sum = tf.sum(tf.mul(onlyCounted(values, mask), mask), 1) as tf.Tensor1D;
  const count = tf.sum(mask, 1) as tf.Tensor1D;
  const there = tf.cast(tf.greater(count, 0), 'float32') as tf.Tensor1D;
  return { sum, mean: tf.div(sum, orOne(count)) as tf.Tensor1D, there };
}

/** Mean of the values that are there; 0 if none is. @param there 1 or 0 */
export const meanOf = <T extends tf.Tensor>(values: T, there: T): tf.Scalar =>
  tf.div(tf.sum(tf.mul(values, there)), orOne(tf.sum(there)));

/** The same numbers without gradient. */
export const frozen = <T extends tf.Tensor>(x: T): T => freeze(x) as T;

/** Denominators that are 0 become 1. */
export const orOne = <T extends tf.Tensor>(count: T): T =>
  tf.where(tf.greater(count, 0), count, tf.onesLike(count));

const freeze = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));
