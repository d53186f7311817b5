import { type KeysValues, keysValues, type Memory, presenceBias } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerParts } from './weights';

/** What the layers' attention to the memory needs, kept past every tidy. Axes: n rows, h heads, m places. */
export interface StoredMemory {
  /** Per layer `[n, h, m, d/h]`. */
  readonly layers: readonly KeysValues[];
  /** Of the scores, `[n, 1, 1, m]`; null: all places are there. */
  readonly bias: tf.Tensor4D | null;
}

export function storedMemory(
  layers: readonly LayerParts[],
  { tokens, present }: Pick<Memory, 'tokens' | 'present'>,
): StoredMemory {
  const bias = present && tf.tidy(() => tf.keep(presenceBias(present)!));
  return {
    layers: layers.map(({ crossAttention }) => kept(() => keysValues(crossAttention, tokens))),
    bias,
  };
}

/** Those rows; the old tensors are released. */
export function gatheredMemory({ layers, bias }: StoredMemory, rows: readonly number[]): StoredMemory {
  const next = bias && tf.tidy(() => tf.keep(tf.gather(bias, tf.tensor1d([...rows], 'int32'))));
  bias?.dispose();
  return { layers: layers.map((store) => gathered(store, rows)), bias: next };
}

export function releaseMemory({ layers, bias }: StoredMemory): void {
  for (const store of layers) release(store);
  bias?.dispose();
}

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
