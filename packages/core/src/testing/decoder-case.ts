import * as tf from '@tensorflow/tfjs-core';
import type { ReportDecoder, StartOptions, TokenBatch } from '../contracts/decoder';
import { type Memory, memoryPart } from '../contracts/memory';
import type { Random } from '../random';
import type { Suite } from './suite';

/** What all checks of one decoder share. Axes: b studies, m places of the memory, t tokens. */
export interface DecoderCase {
  readonly suite: Suite;
  readonly decoder: ReportDecoder;
  /** `[b, m, d]`, all places there. */
  readonly memory: Memory;
  /** Reports, `[b][t]`. */
  readonly rows: readonly (readonly number[])[];
  readonly random: Random;
}

export const tokensOf = (rows: readonly (readonly number[])[]): TokenBatch => ({
  ids: Int32Array.from(rows.flat()),
  shape: [rows.length, rows[0].length],
});

/** Study i alone. */
export const studyOf = ({ tokens, present }: Memory, i: number): Memory =>
  memoryPart('patches', tf.slice(tokens, i, 1), present && tf.slice(present, i, 1));

/** Logits of the reports written token by token, `[b, t, V]`. */
export function stepByStep(
  { decoder, rows }: DecoderCase,
  memory: Memory,
  options?: StartOptions,
): tf.Tensor3D {
  const state = decoder.start(memory, options);
  const steps = rows[0].map((_, j) =>
    decoder.step(
      state,
      rows.map((row) => row[j]),
    ),
  );
  state.dispose();
  return tf.stack(steps, 1) as tf.Tensor3D;
}

/** Begins the reports, keeps rows of them and goes on: the second logits of these rows, `[rows, V]`. */
export function afterSelection(
  { suite, decoder, rows }: DecoderCase,
  memory: Memory,
  order: readonly number[],
  options?: StartOptions,
): tf.Tensor2D {
  const state = decoder.start(memory, options);
  decoder.step(
    state,
    rows.map((row) => row[0]),
  );
  state.select(order);
  suite.check('selected rows are counted', state.rows === order.length);
  const next = decoder.step(
    state,
    order.map((i) => rows[i][1]),
  );
  state.dispose();
  return next;
}

/** Those rows of the second position, `[rows, V]`. */
export const secondOf = (logits: tf.Tensor3D, order: readonly number[]): tf.Tensor =>
  tf.gather(
    tf.squeeze(tf.slice(logits, [0, 1, 0], [logits.shape[0], 1, logits.shape[2]]), [1]),
    tf.tensor1d([...order], 'int32'),
  );

/** Writes, selects and ends; nothing is to stay. */
export function writeAndForget({ decoder, rows }: DecoderCase, memory: Memory, options?: StartOptions): void {
  const state = decoder.start(memory, options);
  rows[0].forEach((_, j) => {
    decoder
      .step(
        state,
        rows.map((row) => row[j]),
      )
      .dispose();
  });
  state.select([1]);
  decoder.step(state, [2]).dispose();
  state.dispose();
}
