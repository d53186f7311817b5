import * as tf from '@tensorflow/tfjs-core';
import type { Readable } from './model';

/** {@link repeatedRows} whose tensors are the caller's to free. */
export function repeatedReadable(readable: Readable, k: number): Readable {
  let made: Readable | undefined;
  tf.tidy(() => {
    made = repeatedRows(readable, k);
    const { memory, prefix } = made;
    return [memory.tokens, ...(memory.present ? [memory.present] : []), ...(prefix ? [prefix] : [])];
  });
  return made!;
}

/** What each of b studies is written from, k times in a row. */
export function repeatedRows({ memory: { tokens, present, parts }, prefix }: Readable, k: number): Readable {
  const memory = { tokens: repeatRows(tokens, k), present: present && repeatRows(present, k), parts };
  return { memory, prefix: prefix && repeatRows(prefix, k), reading: null };
}

/** `[b, …]` → `[b·k, …]`, each row k times. */
function repeatRows<T extends tf.Tensor>(x: T, k: number): T {
  const [b, ...rest] = x.shape;
  const ones = rest.map(() => 1);
  return tf.reshape(tf.tile(tf.reshape(x, [b, 1, ...rest]), [1, k, ...ones]), [b * k, ...rest]) as T;
}

/** What some of b studies are written from, in this order. @param rows places in [0, b), perhaps several times */
export function gatheredRows(
  { memory: { tokens, present, parts }, prefix }: Readable,
  rows: readonly number[],
): Readable {
  const places = tf.tensor1d([...rows], 'int32');
  const take = <T extends tf.Tensor>(x: T): T => tf.gather(x, places) as T;
  const memory = { tokens: take(tokens), present: present && take(present), parts };
  return { memory, prefix: prefix && take(prefix), reading: null };
}
