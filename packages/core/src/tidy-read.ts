import * as tf from '@tensorflow/tfjs-core';

/**
 * `tf.tidy` for results without tensors: tidy itself looks for tensors in whatever it is given back, number by number,
 * which takes longer than a small network.
 */
export function tidyRead<T>(read: () => T): T {
  let out: T | undefined;
  tf.tidy(() => {
    out = read();
  });
  return out as T;
}
