import * as tf from '@tensorflow/tfjs-core';
import { isAttentiveDecoder, type ReportDecoder } from '../contracts/decoder';
import { memoryPart } from '../contracts/memory';
import { EVALUATION } from '../contracts/module';
import { Random } from '../random';
import { checkDecoderPrefix, checkPrefixRefused } from './check-decoder-prefix';
import { checkDecoderPresence } from './check-decoder-presence';
import {
  afterSelection,
  type DecoderCase,
  secondOf,
  stepByStep,
  studyOf,
  tokensOf,
  writeAndForget,
} from './decoder-case';
import { randomTensor } from './numeric';
import { Suite } from './suite';

/** Options of {@link checkDecoder}. */
export interface DecoderChecks {
  /** d; default 8. */
  readonly width?: number;
  /**
   * Whether the decoder tells places of the memory apart by where they stand, so that none but the last can be left out
   * without moving others; default false.
   */
  readonly ordered?: boolean;
  /** Whether it reads a prefix; default true. One that does not must say so by an error that names it. */
  readonly prefix?: boolean;
}

/**
 * Checks a {@link ReportDecoder}: shapes, no look into the future, step by step = teacher forcing, rows of the
 * cache that are selected, absent places of the memory, a prefix, gradients, leaks; of an attentive one also its
 * attention.
 * @param make builds the decoder for width d and V logits
 * @returns the names of the checks passed
 */
export function checkDecoder(
  make: (d: number, V: number, random: Random) => ReportDecoder,
  { width: d = 8, ordered = false, prefix = true }: DecoderChecks = {},
): string[] {
  const random = new Random(16);
  const [b, m, t, V] = [3, 6, 5, 9];
  const decoder = make(d, V, random.split('weights'));
  const suite = new Suite('ReportDecoder', decoder);
  suite.check('names its sizes', decoder.vocabularySize === V && decoder.width === d);
  const memory = memoryPart('patches', randomTensor<tf.Rank.R3>([b, m, d], random));
  const rows = [
    [0, 3, 4, 5, 6],
    [0, 8, 1, 2, 3],
    [0, 2, 2, 7, 1],
  ];
  const tokens = tokensOf(rows);
  const changed = tokensOf(rows.map((row) => [...row.slice(0, 3), 7, 8]));
  const all: DecoderCase = { suite, decoder, memory, rows, random };

  tf.tidy(() => {
    const whole = decoder.logits(memory, tokens, EVALUATION);
    suite.shape('logits [b, t, V]', whole, [b, t, V]);
    suite.shape('embedding [b, t, d]', decoder.embed(tokens, EVALUATION), [b, t, d]);
    const other = decoder.logits(memory, changed, EVALUATION);
    const head = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [0, 0, 0], [b, 3, V]);
    suite.equal('later tokens do not change earlier logits', head(other), head(whole), 1e-5);
    const single = rows.map((row, i) => decoder.logits(studyOf(memory, i), tokensOf([row]), EVALUATION));
    suite.equal('batched = single', tf.concat(single, 0), whole, 1e-4);
    suite.equal('cached = full decoding', stepByStep(all, memory), whole, 1e-4);
    const order = [2, 0, 0];
    const next = afterSelection(all, memory, order);
    suite.equal('selected rows go on as theirs', next, secondOf(whole, order), 1e-4);
  });
  suite.noLeak('decoding leaves no tensor', () => writeAndForget(all, memory));
  if (isAttentiveDecoder(decoder)) {
    tf.tidy(() => {
      const whole = decoder.attention(memory, tokens);
      suite.shape('attention [b, t, m]', whole, [b, t, m]);
      suite.equal('attention of each position sums to 1', tf.sum(whole, 2), tf.ones([b, t]), 1e-5);
      const head = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [0, 0, 0], [b, 3, m]);
      const other = decoder.attention(memory, changed);
      suite.equal('later tokens do not change earlier attention', head(other), head(whole), 1e-5);
      const single = decoder.attention(studyOf(memory, 2), tokensOf([rows[2]]));
      suite.equal('attention batched = single', single, tf.slice(whole, 2, 1), 1e-5);
    });
    suite.noLeak('attention leaves no tensor', () => decoder.attention(memory, tokens).dispose());
  }
  const target = randomTensor<tf.Rank.R3>([b, t, V], random);
  suite.gradient(() => tf.mean(tf.mul(decoder.logits(memory, tokens, EVALUATION), target)), random);
  checkDecoderPresence(all, ordered);
  if (prefix) checkDecoderPrefix(all);
  else checkPrefixRefused(all);
  tf.dispose([memory.tokens, target]);
  return suite.finish();
}
