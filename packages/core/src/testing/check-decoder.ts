import * as tf from '@tensorflow/tfjs-core';
import { isAttentiveDecoder, type ReportDecoder } from '../contracts/decoder';
import { EVALUATION } from '../contracts/module';
import { Random } from '../random';
import { randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks a {@link ReportDecoder}: shapes, no look into the future, step by step = teacher forcing, rows of the
 * cache that are selected, gradients, leaks; of an attentive one also its attention.
 * @param make builds the decoder for width d and V logits
 * @returns the names of the checks passed
 */
export function checkDecoder(make: (d: number, V: number, random: Random) => ReportDecoder, d = 8): string[] {
  const random = new Random(16);
  const [b, p, t, V] = [3, 6, 5, 9];
  const decoder = make(d, V, random.split('weights'));
  const suite = new Suite('ReportDecoder', decoder);
  suite.check('names its sizes', decoder.vocabularySize === V && decoder.width === d);
  const memory = randomTensor<tf.Rank.R3>([b, p, d], random);
  const rows = [
    [0, 3, 4, 5, 6],
    [0, 8, 1, 2, 3],
    [0, 2, 2, 7, 1],
  ];
  const tokens = { ids: Int32Array.from(rows.flat()), shape: [b, t] as const };
  const changed = {
    ids: Int32Array.from(rows.flatMap((row) => [...row.slice(0, 3), 7, 8])),
    shape: [b, t] as const,
  };

  tf.tidy(() => {
    const whole = decoder.logits(memory, tokens, EVALUATION);
    suite.shape('logits [b, t, V]', whole, [b, t, V]);
    suite.shape('embedding [b, t, d]', decoder.embed(tokens, EVALUATION), [b, t, d]);
    const other = decoder.logits(memory, changed, EVALUATION);
    const head = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [0, 0, 0], [b, 3, V]);
    suite.equal('later tokens do not change earlier logits', head(other), head(whole), 1e-5);
    const single = Array.from({ length: b }, (_, i) =>
      decoder.logits(tf.slice(memory, i, 1), { ids: Int32Array.from(rows[i]), shape: [1, t] }, EVALUATION),
    );
    suite.equal('batched = single', tf.concat(single, 0), whole, 1e-4);

    const state = decoder.start(memory);
    const steps = Array.from({ length: t }, (_, j) =>
      decoder.step(
        state,
        rows.map((row) => row[j]),
      ),
    );
    suite.equal('cached = full decoding', tf.stack(steps, 1), whole, 1e-4);
    state.dispose();

    const order = [2, 0, 0];
    const picked = decoder.start(memory);
    decoder.step(
      picked,
      rows.map((row) => row[0]),
    );
    picked.select(order);
    suite.check('selected rows are counted', picked.rows === order.length);
    const next = decoder.step(
      picked,
      order.map((i) => rows[i][1]),
    );
    suite.equal(
      'selected rows go on as theirs',
      next,
      tf.gather(tf.squeeze(tf.slice(whole, [0, 1, 0], [b, 1, V]), [1]), order),
      1e-4,
    );
    picked.dispose();
  });
  suite.noLeak('decoding leaves no tensor', () => {
    const state = decoder.start(memory);
    for (let j = 0; j < t; j++)
      decoder
        .step(
          state,
          rows.map((row) => row[j]),
        )
        .dispose();
    state.select([1]);
    decoder.step(state, [2]).dispose();
    state.dispose();
  });
  if (isAttentiveDecoder(decoder)) {
    tf.tidy(() => {
      const whole = decoder.attention(memory, tokens);
      suite.shape('attention [b, t, p]', whole, [b, t, p]);
      suite.equal('attention of each position sums to 1', tf.sum(whole, 2), tf.ones([b, t]), 1e-5);
      const head = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [0, 0, 0], [b, 3, p]);
      const other = decoder.attention(memory, changed);
      suite.equal('later tokens do not change earlier attention', head(other), head(whole), 1e-5);
      const last = { ids: Int32Array.from(rows[2]), shape: [1, t] as const };
      const single = decoder.attention(tf.slice(memory, 2, 1), last);
      suite.equal('attention batched = single', single, tf.slice(whole, 2, 1), 1e-5);
    });
    suite.noLeak('attention leaves no tensor', () => decoder.attention(memory, tokens).dispose());
  }
  const target = randomTensor<tf.Rank.R3>([b, t, V], random);
  suite.gradient(() => tf.mean(tf.mul(decoder.logits(memory, tokens, EVALUATION), target)), random);
  tf.dispose([memory, target]);
  return suite.finish();
}
