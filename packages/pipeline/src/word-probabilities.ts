import { INFERENCE, type TokenBatch, tidyRead } from '@raca/core';
import { tokenLogProbabilities } from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { type Raca, type Readable, withoutLast } from './model';

/** Reports that are read at once: bounds the logits, `[reports, words, vocabulary]`. */
const AT_ONCE = 16;

/**
 * ln p of each word of written reports given those before it, by teacher forcing: what the model thinks of a text, without
 * the penalties of the search that wrote it. The end of a report is not among them.
 *
 * @param readable what the reports were written from, a row each; stays the caller's
 * @param reports ids of their words
 * @param maxLength longest report in tokens
 */
export function wordLogProbabilities(
  model: Raca,
  readable: Pick<Readable, 'memory' | 'prefix'>,
  reports: readonly (readonly number[])[],
  maxLength: number,
): Float32Array[] {
  const out: Float32Array[] = [];
  for (let from = 0; from < reports.length; from += AT_ONCE) {
    const some = reports.slice(from, from + AT_ONCE);
    const tokens = rowsOf(some, maxLength);
    const steps = tokens.shape[1] - 1;
    const values = tidyRead(() => {
      const logits = model.forced(
        rowsOfReadable(readable, from, some.length),
        withoutLast(tokens),
        INFERENCE,
      );
      return tokenLogProbabilities(logits, tokens).policy.dataSync().slice() as Float32Array;
    });
    some.forEach(({ length }, i) => {
      out.push(values.slice(i * steps, i * steps + length));
    });
  }
  return out;
}

/** Written reports as token rows: 0, the words, 0 (none where a report was cut at the longest length), padding. */
export function rowsOf(reports: readonly (readonly number[])[], maxLength: number): TokenBatch {
  const t = Math.max(2, ...reports.map(({ length }) => Math.min(length + 2, maxLength + 1)));
  const ids = new Int32Array(reports.length * t);
  reports.forEach((words, i) => {
    ids.set(words, i * t + 1);
  });
  return { ids, shape: [reports.length, t] };
}

/** Rows `[from, from + count)`. */
function rowsOfReadable(
  { memory: { tokens, present, parts }, prefix }: Pick<Readable, 'memory' | 'prefix'>,
  from: number,
  count: number,
): Readable {
  const some = <T extends tf.Tensor>(x: T): T =>
    tf.slice(x, [from, ...x.shape.slice(1).map(() => 0)], [count, ...x.shape.slice(1)]) as T;
  const memory = { tokens: some(tokens), present: present && some(present), parts };
  return { memory, prefix: prefix && some(prefix), reading: null };
}
