import type { Memory } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Readable } from './model';

/**
 * What several batches are written from as one batch. Shorter memories get absent places at their end, so that a report is
 * the same in whatever company it is written. The caller frees the result.
 */
export function stackedReadables(readables: readonly Readable[]): Readable {
  const memories = readables.map(({ memory }) => memory);
  const prefixes = readables.flatMap(({ prefix }) => (prefix ? [prefix] : []));
  const longest = memories.reduce((a, b) => (b.tokens.shape[1] > a.tokens.shape[1] ? b : a));
  const m = longest.tokens.shape[1];
  const whole = memories.every(({ tokens, present }) => tokens.shape[1] === m && present === null);
  return {
    memory: {
      tokens: tf.tidy(() => tf.concat(memories.map(({ tokens }) => padded(tokens, m)))),
      present: whole ? null : tf.tidy(() => tf.concat(memories.map((memory) => presenceOf(memory, m)))),
      parts: longest.parts,
    },
    prefix: prefixes.length > 0 ? tf.concat(prefixes) : null,
    reading: null,
  };
}

const padded = (tokens: tf.Tensor3D, m: number): tf.Tensor3D =>
  tf.pad(tokens, [
    [0, 0],
    [0, m - tokens.shape[1]],
    [0, 0],
  ]);

const presenceOf = ({ tokens, present }: Memory, m: number): tf.Tensor2D =>
  tf.pad(present ?? tf.ones<tf.Rank.R2>([tokens.shape[0], tokens.shape[1]]), [
    [0, 0],
    [0, m - tokens.shape[1]],
  ]) as tf.Tensor2D;
