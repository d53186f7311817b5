import * as tf from '@tensorflow/tfjs-core';
import { isAttentiveDecoder } from '../contracts/decoder';
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
import { largestError, randomTensor } from './numeric';
import { gradientErrorOf } from './suite';

/** q */
const LENGTH = 2;

/** Checks that embedded words before the report are read as if they had been written. */
export function checkDecoderPrefix(all: DecoderCase): void {
  const { suite, decoder, memory, rows, random } = all;
  const [tokens, V] = [tokensOf(rows), decoder.vocabularySize];
  const [b, m, d] = memory.tokens.shape;
  const t = rows[0].length;
  const prefix = randomTensor<tf.Rank.R3>([b, LENGTH, d], random);

  tf.tidy(() => {
    const plain = decoder.logits(memory, tokens, EVALUATION);
    const none = decoder.logits(memory, tokens, EVALUATION, { prefix: tf.zeros([b, 0, d]) });
    suite.equal('an empty prefix is none', none, plain, 0);
    const whole = decoder.logits(memory, tokens, EVALUATION, { prefix });
    suite.shape('logits after a prefix [b, t, V]', whole, [b, t, V]);
    const same = decoder.logits(memory, tokens, INFERENCE, { prefix });
    suite.equal('the same where no gradient is asked', same, whole, 1e-4);
    for (let i = 0; i < LENGTH; i++) {
      const place = tf.reshape(tf.oneHot(i, LENGTH), [1, LENGTH, 1]);
      const other = tf.add(prefix, tf.mul(place, randomTensor([b, LENGTH, d], random))) as tf.Tensor3D;
      const moved = decoder.logits(memory, tokens, EVALUATION, { prefix: other });
      const error = largestError(moved.dataSync(), whole.dataSync());
      suite.check('every place of the prefix is read', error > 1e-6, `place ${i} moves logits by ${error}`);
    }
    const changed = tokensOf(rows.map((row) => [...row.slice(0, 3), 7, 8]));
    const head = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [0, 0, 0], [b, 3, V]);
    const later = decoder.logits(memory, changed, EVALUATION, { prefix });
    suite.equal('after a prefix later tokens do not change earlier logits', head(later), head(whole), 1e-5);
    const single = rows.map((row, i) =>
      decoder.logits(studyOf(memory, i), tokensOf([row]), EVALUATION, { prefix: tf.slice(prefix, i, 1) }),
    );
    suite.equal('after a prefix batched = single', tf.concat(single, 0), whole, 1e-4);
    const order = [2, 0, 0];
    for (const options of [{ prefix }, { prefix, rowsPerStudy: 2 }]) {
      suite.equal('after a prefix cached = full decoding', stepByStep(all, memory, options), whole, 1e-4);
      const next = afterSelection(all, memory, order, options);
      suite.equal('selected rows keep their prefix', next, secondOf(whole, order), 1e-4);
    }
    if (isAttentiveDecoder(decoder)) {
      const looks = decoder.attention(memory, tokens, { prefix });
      suite.shape('attention after a prefix [b, t, m]', looks, [b, t, m]);
      const error = largestError(looks.dataSync(), decoder.attention(memory, tokens).dataSync());
      suite.check('attention reads the prefix', error > 1e-6, `moved by ${error}`);
    }
  });
  suite.noLeak('decoding after a prefix leaves no tensor', () => {
    writeAndForget(all, memory, { prefix });
    return decoder.logits(memory, tokens, EVALUATION, { prefix });
  });
  const target = randomTensor<tf.Rank.R3>([b, t, V], random);
  const own = tf.variable(prefix);
  const loss = (): tf.Scalar =>
    tf.mean(
      tf.mul(decoder.logits(memory, tokens, EVALUATION, { prefix: own as unknown as tf.Tensor3D }), target),
    );
  const error = gradientErrorOf(loss, decoder.parameters, random);
  suite.check('after a prefix gradients equal central differences', error < 2e-2, `${error}`);
  const alone = gradientErrorOf(loss, new Map([['prefix', own]]), random);
  suite.check('the gradient of the prefix equals central differences', alone < 2e-2, `${alone}`);
  tf.dispose([prefix, target, own]);
}

/** Checks that a decoder without a way to read a prefix says so. */
export function checkPrefixRefused({ suite, decoder, memory, rows }: DecoderCase): void {
  const [b, , d] = memory.tokens.shape;
  const prefix = tf.zeros<tf.Rank.R3>([b, LENGTH, d]);
  for (const read of [
    () => decoder.logits(memory, tokensOf(rows), EVALUATION, { prefix }),
    () => decoder.start(memory, { prefix }),
  ]) {
    let message = '';
    try {
      read();
    } catch (error) {
      message = (error as Error).message;
    }
    suite.check('refuses a prefix by name', /prefix/.test(message), `expected an error, got "${message}"`);
  }
  prefix.dispose();
}
