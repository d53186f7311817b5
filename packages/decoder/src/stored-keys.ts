import type { KeysValues } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Runs `make` and keeps its two tensors past every enclosing tidy. */
export function kept(make: () => KeysValues): KeysValues {
  let made: KeysValues | undefined;
  tf.tidy(() => {
    const { keys, values } = make();
    made = { keys: tf.keep(keys), values: tf.keep(values) };
  });
  return made!;
}

/** Those rows; the old tensors are released. */
export function gathered(store: KeysValues, rows: readonly number[]): KeysValues {
  const next = kept(() => {
    const index = tf.tensor1d([...rows], 'int32');
    return { keys: tf.gather(store.keys, index), values: tf.gather(store.values, index) };
  });
  release(store);
  return next;
}

export const release = ({ keys, values }: KeysValues): void => tf.dispose([keys, values]);
