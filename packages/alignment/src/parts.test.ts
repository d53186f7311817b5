import '@tensorflow/tfjs-backend-cpu';
import { largestError } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  pairWeights,
  publishedName,
  regionOfSentenceLoss,
  sentenceRegionLoss,
  sentenceSpans,
  sentenceTargets,
  symmetricInfoNce,
} from './index';
import { unitLength } from './losses';
import { meanOfMasked, meanOfPatches, meanOfSelected } from './pooling';
import { averagingMatrix } from './sentences';

const spans = (ids: number[], rule: 'raca' | 'published'): number[][] =>
  sentenceSpans(Int32Array.from(ids), 1, rule).map(({ from, to }) => [from, to]);

describe('sentenceSpans', () => {
  it.each([
    // ids, published, raca
    [
      [0, 8, 9, 1, 7, 1, 0, 0],
      [
        [0, 3],
        [4, 5],
      ],
      [
        [1, 3],
        [4, 5],
      ],
    ],
    [
      [0, 8, 1, 1, 7, 1, 0],
      [
        [0, 2],
        [3, 3],
        [4, 5],
      ],
      [
        [1, 2],
        [3, 3],
        [4, 5],
      ],
    ],
    [
      [0, 8, 1, 7, 6],
      [
        [0, 2],
        [3, 5],
      ],
      [
        [1, 2],
        [3, 5],
      ],
    ], // cut at the maximum length
    [
      [0, 8, 1, 7, 0],
      [[0, 2]],
      [
        [1, 2],
        [3, 4],
      ],
    ], // no "." at the end
    [
      [0, 1, 7, 1],
      [
        [0, 1],
        [2, 3],
      ],
      [
        [1, 1],
        [2, 3],
      ],
    ],
    [[0, 0], [], []],
  ])('splits %j', (ids, published, raca) => {
    expect(spans(ids, 'published')).toEqual(published);
    expect(spans(ids, 'raca')).toEqual(raca);
  });

  it('gives the same spans without the padding', () => {
    const ids = [0, 8, 1, 7, 9, 1, 0];
    for (const rule of ['raca', 'published'] as const) {
      expect(spans([...ids, 0, 0, 0], rule)).toEqual(spans(ids, rule));
    }
  });
});

it('averagingMatrix times tokens is the mean of each sentence', () => {
  const matrix = averagingMatrix(
    [
      [{ from: 1, to: 3 }],
      [
        { from: 0, to: 1 },
        { from: 2, to: 2 },
      ],
    ],
    3,
  );
  expect([...matrix]).toEqual([0, 0.5, 0.5, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
});

it('pairWeights averages labelled pairs and the rest of existing sentences', () => {
  const sentences = [
    [
      { from: 1, to: 2 },
      { from: 3, to: 4 },
    ],
    [{ from: 1, to: 2 }],
  ];
  const w = pairWeights(sentences, [[[1, 1], [0]], []], 3, 'raca');
  expect(w.shape).toEqual([2, 2, 3]);
  expect([...w.positive]).toEqual([0, 0.5, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...w.negative]).toEqual([0.25, 0, 0.25, 0, 0.25, 0.25, 0, 0, 0, 0, 0, 0]);
  expect([...w.used]).toEqual([1, 0]);
  const all = pairWeights([[{ from: 1, to: 2 }]], [[[0, 1, 2]]], 3, 'raca');
  expect([...all.used]).toEqual([0]); // no pair to repel
  const empty = [
    [
      { from: 0, to: 2 },
      { from: 3, to: 3 },
    ],
  ];
  expect([...pairWeights(empty, [[[1]]], 3, 'published').used]).toEqual([0]);
});

it('sentenceTargets counts sentences that somebody can find a region for', () => {
  const word = { from: 1, to: 2 };
  const sentences = [
    [word, { from: 3, to: 3 }, word], // the second is empty
    [word, word],
  ];
  const labels = [
    [[1, 1, 0], [2], [2]],
    [[0, 1, 2], []], // all regions; none
  ];
  const { targets, shape } = sentenceTargets(sentences, labels, 3);
  expect(shape).toEqual([2, 3, 3]);
  // two sentences count, b = 2: a quarter each, shared by the regions of one sentence
  expect([...targets].slice(0, 9)).toEqual([0.125, 0.125, 0, 0, 0, 0, 0, 0, 0.25]);
  expect([...targets].slice(9)).toEqual(new Array(9).fill(0));
  expect(() => sentenceTargets([[word]], [[[3]]], 3)).toThrow('regions must be in [0, 3), got 3');
});

describe('losses', () => {
  it('regionOfSentenceLoss matches a value worked by hand', () => {
    // τ = 0.5; cosines (ln 3 / 2, 0) → softmax (3/4, 1/4): −ln(3/4) of the first, and of both the mean ln(16/3)/2
    const cosines = tf.tensor3d([Math.log(3) / 2, 0, Math.log(3) / 2, 0], [1, 2, 2]);
    const targets = Float32Array.of(0.5, 0, 0.25, 0.25); // half for each sentence
    const loss = regionOfSentenceLoss(cosines, { targets, shape: [1, 2, 2] }, 0.5).dataSync()[0];
    expect(loss).toBeCloseTo(Math.log(4 / 3) / 2 + Math.log(16 / 3) / 4, 5);
  });

  it('symmetricInfoNce matches a value worked by hand', () => {
    // Logits [[ln 3, 0], [0, 0]]: rows −ln(3/4), −ln(1/2); columns the same; mean (ln(4/3) + ln 2)/2
    const texts = tf.tensor2d([
      [Math.log(3), 0],
      [0, 0],
    ]);
    const loss = symmetricInfoNce(
      texts,
      tf.tensor2d([
        [1, 0],
        [0, 1],
      ]),
      1,
    );
    expect(loss.dataSync()[0]).toBeCloseTo((Math.log(4 / 3) + Math.log(2)) / 2, 6);
  });

  it('symmetricInfoNce stays finite for logits that overflow exp', () => {
    const texts = tf.tensor2d([
      [0, 500],
      [500, 0],
    ]);
    const loss = symmetricInfoNce(
      texts,
      tf.tensor2d([
        [1, 0],
        [0, 1],
      ]),
      1,
    );
    expect(loss.dataSync()[0]).toBeCloseTo(500, 3);
  });

  it('sentenceRegionLoss matches a value worked by hand, in both forms', () => {
    // p = 1, n = 1 − ln 3: e^p/(e^p + e^n) = 3/4; two reports, one used
    const cosines = tf.tensor3d([0.1, 0.1 - Math.log(3) / 10, 9, 9], [2, 1, 2]);
    const pairs = {
      positive: Float32Array.of(1, 0, 0, 0),
      negative: Float32Array.of(0, 1, 0, 0),
      used: Float32Array.of(1, 0),
      shape: [2, 1, 2] as const,
    };
    for (const epsilon of [0, 1e-8]) {
      const loss = sentenceRegionLoss(cosines, pairs, { temperature: 0.1, epsilon });
      expect(loss.dataSync()[0]).toBeCloseTo(Math.log(4 / 3) / 2, 5);
    }
  });

  it('unitLength gives length 1, and 0 with a finite gradient for 0', () => {
    const x = tf.tensor2d([
      [3, 4],
      [0, 0],
    ]);
    expect(largestError(unitLength(x).dataSync(), [0.6, 0.8, 0, 0])).toBeLessThan(1e-6);
    const gradient = tf.grad((y: tf.Tensor) => tf.sum(tf.square(unitLength(y))))(x);
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

it('pooling: mean over selected patches, or as published over all', () => {
  const patches = tf.tensor3d([1, 10, 3, 30, 8, 80], [1, 3, 2]);
  const masks = tf.tensor3d([1, 1, 0, 0, 0, 0], [1, 2, 3]);
  expect(largestError(meanOfSelected(patches, masks).dataSync(), [2, 20, 4, 40])).toBeLessThan(1e-6);
  expect(largestError(meanOfMasked(patches, masks).dataSync(), [4 / 3, 40 / 3, 0, 0])).toBeLessThan(1e-6);
});

it('pooling over the patches that there are', () => {
  const patches = tf.tensor3d([1, 10, 3, 30, 999, 999], [1, 3, 2]);
  const present = tf.tensor2d([1, 1, 0], [1, 3]);
  const masks = tf.tensor3d([1, 0, 0, 0, 0, 1], [1, 2, 3]); // the second region has an absent patch only: all that there are
  expect(largestError(meanOfPatches(patches, present).dataSync(), [2, 20])).toBeLessThan(1e-6);
  const values = (pool: typeof meanOfSelected) => pool(patches, masks, present).dataSync();
  expect(largestError(values(meanOfSelected), [1, 10, 2, 20])).toBeLessThan(1e-6);
  expect(largestError(values(meanOfMasked), [0.5, 5, 0, 0])).toBeLessThan(1e-6);
  const none = tf.zeros<tf.Rank.R2>([1, 3]);
  expect([
    ...meanOfPatches(patches, none).dataSync(),
    ...meanOfSelected(patches, masks, none).dataSync(),
  ]).toEqual([0, 0, 0, 0, 0, 0]);
});

it('publishedName throws for a foreign name', () => {
  expect(publishedName('encoder.layers.1.attention.value.weight')).toEqual({
    name: 'model.tencoder.encoder.layers.1.self_attn.linears.2.weight',
    transpose: true,
  });
  expect(() => publishedName('encoder.layers.0.query.weight')).toThrow('encoder.layers.0.query.weight');
});
