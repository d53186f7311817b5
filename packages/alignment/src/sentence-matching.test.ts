import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@raca/core';
import { largestError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { unitLength } from './losses';
import { sentenceMatches, sentenceMatchingLoss } from './sentence-matching';
import { sentenceSpans } from './sentences';

beforeAll(() => tf.setBackend('cpu').then(() => undefined));

// "." is 1; report 0: "5 . 6 7 .", report 1: "5 . 8 ."
const rows = [
  [0, 5, 1, 6, 7, 1, 0],
  [0, 5, 1, 8, 1, 0, 0],
];
const ids = Int32Array.from(rows.flat());
const spans = rows.map((row) => sentenceSpans(Int32Array.from(row), 1, 'raca'));

describe('sentenceMatches', () => {
  it('weighs the named regions alike, and leaves out images whose report says the same', () => {
    const matches = sentenceMatches(
      spans,
      ids,
      [
        [[0], [0, 2]],
        [[1], []],
      ],
      3,
    );
    expect(matches.shape).toEqual([2, 2, 3]);
    expect(Array.from(matches.regions)).toEqual([1, 0, 0, 0.5, 0, 0.5, 0, 1, 0, 0, 0, 0]);
    // three sentences name a region: two of report 0, one of report 1
    expect(Array.from(matches.own)).toEqual([1, 0, 1, 0, 0, 1, 0, 0].map((x) => Math.fround(x / 3)));
    // "5" stands in both reports, "6 7" in the first only
    expect(Array.from(matches.excluded)).toEqual([0, -1e9, 0, 0, -1e9, 0, 0, 0].map(Math.fround));
  });
});

describe('sentenceMatchingLoss', () => {
  it('matches values worked by hand', () => {
    // one sentence a report, one region; cosines with the two images: sentence 0 → 1, 0; sentence 1 → 0.6, 0.8
    const sentences = tf.tensor3d([1, 0, 0.6, 0.8], [2, 1, 2]);
    const regions = tf.tensor3d([1, 0, 0, 1], [2, 1, 2]);
    const matches = {
      regions: Float32Array.of(1, 1),
      excluded: new Float32Array(4),
      own: Float32Array.of(0.5, 0, 0, 0.5),
      shape: [2, 1, 1] as const,
    };
    const [loss] = sentenceMatchingLoss(sentences, regions, matches, 0.5).dataSync();
    // scores over 0.5: (2, 0) and (1.2, 1.6); −ln softmax at the own image: ln(1 + e⁻²), ln(1 + e⁻⁰·⁴)
    expect(loss).toBeCloseTo((Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(-0.4))) / 2, 5);
    const excluded = {
      ...matches,
      excluded: Float32Array.of(0, -1e9, 0, 0),
      own: Float32Array.of(1, 0, 0, 0),
    };
    expect(sentenceMatchingLoss(sentences, regions, excluded, 0.5).dataSync()[0]).toBeCloseTo(0, 6);
  });

  it('has the gradient of the naive form, and leaks nothing', () => {
    const random = new Random(1);
    const [b, s, r, d] = [2, 2, 3, 4];
    const sentences = randomTensor<tf.Rank.R3>([b, s, d], random);
    const regions = randomTensor<tf.Rank.R3>([b, r, d], random);
    const labels = [
      [[0], [0, 2]],
      [[1], [2]],
    ];
    const matches = sentenceMatches(spans, ids, labels, r);
    const naive = (v: tf.Tensor): tf.Scalar => {
      const terms: tf.Tensor[] = [];
      labels.forEach((of, i) => {
        of.forEach((named, j) => {
          const sentence = tf.slice(unitLength(sentences), [i, j, 0], [1, 1, d]);
          const scores = Array.from({ length: b }, (_, k) => {
            const cosines = named.map((n) =>
              tf.sum(tf.mul(sentence, tf.slice(unitLength(v), [k, n, 0], [1, 1, d]))),
            );
            const same = k !== i && j === 0; // the first sentences are equal
            return tf.add(tf.div(tf.addN(cosines), 0.1 * named.length), same ? -1e9 : 0);
          });
          terms.push(tf.neg(tf.slice(tf.reshape(tf.logSoftmax(tf.stack(scores)), [-1]), i, 1)));
        });
      });
      return tf.mean(tf.concat(terms)) as tf.Scalar;
    };
    const ours = (v: tf.Tensor): tf.Scalar =>
      sentenceMatchingLoss(unitLength(sentences), unitLength(v as tf.Tensor3D), matches, 0.1);
    expect(largestError(ours(regions).dataSync(), naive(regions).dataSync())).toBeLessThan(1e-5);
    expect(largestError(tf.grad(ours)(regions).dataSync(), tf.grad(naive)(regions).dataSync())).toBeLessThan(
      1e-4,
    );
    expect(leakedTensors(() => tf.tidy(() => ours(regions)))).toBe(0);
  });

  it('is 0 where no sentence names a region', () => {
    const matches = sentenceMatches(spans, ids, [[], []], 3);
    const loss = sentenceMatchingLoss(tf.ones([2, 2, 2]), tf.ones([2, 3, 2]), matches, 0.1);
    expect(loss.dataSync()[0]).toBe(0);
  });
});
