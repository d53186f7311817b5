import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, runKernel, SOFTMAX_GRADIENT } from '../fused-kernels';

/** Softmax over the last axis; its gradient is one kernel where the backend has it. */
export function softmax<T extends tf.Tensor>(x: T): T {
  if (!hasKernel(SOFTMAX_GRADIENT) || x.size === 0) return tf.softmax(x);
  const op = tf.customGrad((logits, save) => {
    const y = tf.softmax(logits as tf.Tensor);
    (save as tf.GradSaveFunc)([y]);
    const gradFunc = (dy: tf.Tensor, [y]: tf.Tensor[]): tf.Tensor =>
      runKernel(SOFTMAX_GRADIENT, { dy, y })[0];
    return { value: y, gradFunc };
  });
  return op(x) as T;
}
