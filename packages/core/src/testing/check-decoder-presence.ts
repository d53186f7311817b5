import * as tf from '@tensorflow/tfjs-core';
import { isAttentiveDecoder } from '../contracts/decoder';
import { type Memory, memoryPart } from '../contracts/memory';
import { EVALUATION, INFERENCE } from '../contracts/module';
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
import { gradientErrorOf } from './suite';

/** Absent places of each of the three studies: some, none, others. */
const ABSENT = { anywhere: [[1, 4], [], [0]], last: [[4, 5], [], [5]] };
/** What stands in absent places. */
const GARBAGE = 1e3;

/** The memory with places that are not there, and values in them that nobody may see. */
function withAbsent({ tokens }: Memory, ordered: boolean): Memory {
  const [b, m] = tokens.shape;
  const present = new Float32Array(b * m).fill(1);
  ABSENT[ordered ? 'last' : 'anywhere'].forEach((places, i) => {
    for (const place of places) present[i * m + place] = 0;
  });
  const there = tf.tensor2d(present, [b, m]);
  const each = tf.reshape(there, [b, m, 1]);
  const values = tf.add(tf.mul(tokens, each), tf.mul(GARBAGE, tf.sub(1, each))) as tf.Tensor3D;
  return memoryPart('patches', values, there);
}

/** Checks that absent places of the memory count nowhere. */
export function checkDecoderPresence(all: DecoderCase, ordered: boolean): void {
  const { suite, decoder, memory, rows, random } = all;
  const [tokens, V] = [tokensOf(rows), decoder.vocabularySize];
  const [b, m] = memory.tokens.shape;
  const t = rows[0].length;
  const masked = tf.tidy(() => {
    const { tokens, present } = withAbsent(memory, ordered);
    return [tf.keep(tokens), tf.keep(present!)] as const;
  });
  const absent = memoryPart('patches', ...masked);
  const places = ABSENT[ordered ? 'last' : 'anywhere'].map((gone) =>
    Array.from({ length: m }, (_, j) => j).filter((j) => !gone.includes(j)),
  );
  const cut = (i: number): Memory =>
    memoryPart('patches', tf.gather(studyOf(memory, i).tokens, tf.tensor1d(places[i], 'int32'), 1));

  tf.tidy(() => {
    const without = rows.map((row, i) => decoder.logits(cut(i), tokensOf([row]), EVALUATION));
    const whole = decoder.logits(absent, tokens, EVALUATION);
    suite.equal('a masked place = a memory without it', whole, tf.concat(without, 0), 1e-5);
    suite.equal(
      'the same where no gradient is asked',
      decoder.logits(absent, tokens, INFERENCE),
      whole,
      1e-4,
    );
    const ones = memoryPart('patches', memory.tokens, tf.ones<tf.Rank.R2>([b, m]));
    const plain = decoder.logits(memory, tokens, EVALUATION);
    suite.equal('present of all ones = present null', decoder.logits(ones, tokens, EVALUATION), plain, 1e-6);
    suite.equal('with absent places cached = full decoding', stepByStep(all, absent), whole, 1e-4);
    suite.equal('the same by rows a study', stepByStep(all, absent, { rowsPerStudy: 1 }), whole, 1e-4);
    const order = [2, 0, 0];
    for (const options of [{}, { rowsPerStudy: 2 }]) {
      const next = afterSelection(all, absent, order, options);
      suite.equal('selected rows keep their absent places', next, secondOf(whole, order), 1e-4);
    }
  });
  suite.noLeak('decoding with absent places leaves no tensor', () => {
    writeAndForget(all, absent);
    return decoder.logits(absent, tokens, EVALUATION);
  });
  if (isAttentiveDecoder(decoder)) {
    tf.tidy(() => {
      const looks = decoder.attention(absent, tokens);
      suite.equal('attention of each position still sums to 1', tf.sum(looks, 2), tf.ones([b, t]), 1e-5);
      rows.forEach((row, i) => {
        const own = tf.gather(tf.slice(looks, i, 1), tf.tensor1d(places[i], 'int32'), 2);
        const without = decoder.attention(cut(i), tokensOf([row]));
        suite.equal('attention to a masked place = a memory without it', own, without, 1e-5);
      });
    });
    suite.noLeak('attention with absent places leaves no tensor', () => decoder.attention(absent, tokens));
  }
  const target = randomTensor<tf.Rank.R3>([b, t, V], random);
  const loss = (): tf.Scalar => tf.mean(tf.mul(decoder.logits(absent, tokens, EVALUATION), target));
  const error = gradientErrorOf(loss, decoder.parameters, random);
  suite.check('with absent places gradients equal central differences', error < 2e-2, `${error}`);
  tf.dispose([...masked, target]);
}
