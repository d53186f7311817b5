import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, type LossInput, Random } from '@raca/core';
import { checkAlignment, featuresOf, leakedTensors, randomMask, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { globalAlignment } from '../index';
import { sentenceTriplets } from './sentence-triplets';
import { tripletAlignment, tripletLoss } from './triplet-alignment';

const small = { width: 8, projection: 6, layers: 1, heads: 2, feedForward: 10, dropout: 0 };
const random = new Random(5);
const LABELS = [[[2], [0, 11]], [[2], [9]], [[7]]];

/** Three reports of 2, 2 and 1 sentences; "." is 1. */
function input(change: Partial<LossInput> = {}): LossInput {
  const rows = [
    [0, 2, 3, 1, 4, 5, 1, 0],
    [0, 5, 1, 6, 1, 0, 0, 0],
    [0, 3, 3, 1, 0, 0, 0, 0],
  ];
  return {
    tokens: { ids: Int32Array.from(rows.flat()), shape: [3, 8] },
    embedded: randomTensor<tf.Rank.R3>([3, 8, 8], new Random(6)),
    features: featuresOf(randomTensor<tf.Rank.R3>([3, 6, 8], new Random(7))),
    masks: randomMask<tf.Rank.R3>([3, 12, 6], 0.4, new Random(8)),
    separator: 1,
    sentenceRegions: LABELS,
    ...change,
  };
}

const spans = (counts: number[]) =>
  counts.map((n) => Array.from({ length: n }, (_, j) => ({ from: 2 * j + 1, to: 2 * j + 2 })));

describe('sentenceTriplets', () => {
  it('pairs sentences of the same regions, against one that shares none', () => {
    // rows (s = 2): 0 heart, 1 {0, 11}, 2 heart, 3 {9}, 4 {7}
    const first = sentenceTriplets(spans([2, 2, 1]), LABELS, () => 0);
    expect([first.anchors, first.positives, first.negatives].map((x) => [...x])).toEqual([
      [0, 2],
      [2, 0],
      [1, 1],
    ]);
    const last = sentenceTriplets(spans([2, 2, 1]), LABELS, (n) => n - 1);
    expect([...last.negatives]).toEqual([4, 4]);
  });

  it('takes neither overlapping sets nor empty sentences nor unlabelled ones', () => {
    const none = (labels: number[][][], of = spans(labels.map((x) => x.length))) =>
      sentenceTriplets(of, labels, () => 0).anchors.length;
    expect(none([[[0, 1], [1]], [[0]]])).toBe(0); // no equal set
    expect(none([[[0], [0]], [[0, 1]]])).toBe(0); // nothing apart
    expect(none([[[0], [0]], [[]]])).toBe(0);
    expect(none([[[0], [0]], [[3]]])).toBe(2);
    expect(none([[[0], [0]], [[3]]], [...spans([2]), [{ from: 3, to: 3 }]])).toBe(0);
  });
});

describe('tripletLoss', () => {
  it('equals values worked by hand', () => {
    const sentences = tf.tensor3d([1, 0, 0.6, 0.8, 0, 1], [1, 3, 2]);
    const of = (a: number, p: number, n: number) => ({
      anchors: Int32Array.of(a),
      positives: Int32Array.of(p),
      negatives: Int32Array.of(n),
    });
    expect(tripletLoss(sentences, of(0, 1, 2), 0.3).dataSync()[0]).toBe(0); // 0.3 − 0.6 + 0 < 0
    expect(tripletLoss(sentences, of(1, 0, 2), 0.3).dataSync()[0]).toBeCloseTo(0.3 - 0.6 + 0.8, 5);
    const both = { anchors: [0, 1], positives: [1, 0], negatives: [2, 2] };
    const ids = (x: number[]) => Int32Array.from(x);
    const mean = tripletLoss(
      sentences,
      { anchors: ids(both.anchors), positives: ids(both.positives), negatives: ids(both.negatives) },
      0.3,
    );
    expect(mean.dataSync()[0]).toBeCloseTo(0.25, 5);
    expect(
      tripletLoss(sentences, { anchors: ids([]), positives: ids([]), negatives: ids([]) }, 1).dataSync()[0],
    ).toBe(0);
  });
});

describe('tripletAlignment', () => {
  const make = (config: object = {}) => tripletAlignment({ ...small, ...config }, new Random(1));

  it('satisfies the contract', () => {
    const passed = checkAlignment((width, r) => tripletAlignment({ ...small, width }, r));
    expect(passed).toEqual(
      expect.arrayContaining(['padding does not matter', 'gradients equal central differences']),
    );
  });

  it('trains the sentences by triplets: they go where the regions are', () => {
    const alignment = make({ margin: 1 });
    const x = input();
    const triplet = () => tf.tidy(() => alignment.losses(x, EVALUATION).triplet.dataSync()[0]);
    const before = triplet();
    const variables = [...alignment.parameters.values()];
    for (let k = 0; k < 30; k++) {
      tf.tidy(() => {
        const { grads } = tf.variableGrads(() => alignment.losses(x, EVALUATION).triplet, variables);
        for (const v of variables) if (grads[v.name]) v.assign(tf.sub(v, tf.mul(grads[v.name], 0.05)));
      });
    }
    expect(before).toBeGreaterThan(0.3);
    expect(triplet()).toBeLessThan(0.5 * before);
  });

  it('looks at what the report speaks of: other patches do not matter', () => {
    const alignment = make();
    const masks = tf.tensor3d(
      Float32Array.from({ length: 3 * 12 * 6 }, (_, i) => (i % 6 === 0 ? 1 : 0)), // every region: patch 0
      [3, 12, 6],
    );
    const moved = tf.concat(
      [tf.slice(input().features.patches, [0, 0, 0], [3, 1, 8]), tf.ones([3, 5, 8])],
      1,
    ) as tf.Tensor3D;
    const loss = (change: Partial<LossInput>) =>
      alignment.losses(input(change), EVALUATION).contrastive.dataSync()[0];
    expect(loss({ masks, features: featuresOf(moved) })).toBeCloseTo(loss({ masks }), 5);
    expect(loss({ masks: null, features: featuresOf(moved) })).not.toBeCloseTo(loss({ masks: null }), 3);
  });

  it('draws triplets from the stream of a training pass', () => {
    const alignment = make({ margin: 2 });
    const x = input();
    const run = (seed: number) =>
      alignment.losses(x, { training: true, random: new Random(seed) }).triplet.dataSync()[0];
    expect(run(1)).toBe(run(1));
    expect(new Set([1, 2, 3, 4, 5, 6].map(run)).size).toBeGreaterThan(1);
  });

  it('names what does not fit, and leaves no tensor', () => {
    expect(() => make({ margin: 0 })).toThrow(/margin/);
    expect(() => make({ marginn: 1 })).toThrow(/marginn/);
    const alignment = make();
    const wrong = input({ sentenceRegions: [[[12]], [], []] });
    expect(() => alignment.losses(wrong, EVALUATION)).toThrow(/\[0, 12\), got 12/);
    expect(() => alignment.losses(input({ features: featuresOf(tf.zeros([3, 6, 7])) }), EVALUATION)).toThrow(
      /patches/,
    );
    const x = input();
    expect(leakedTensors(() => tf.tidy(() => alignment.losses(x, EVALUATION).contrastive))).toBe(0);
  });
});

describe('globalAlignment', () => {
  it('satisfies the contract with one loss, which reads neither masks nor labels', () => {
    const passed = checkAlignment((width, r) => globalAlignment({ ...small, width }, r));
    expect(passed).toContain('gradients equal central differences');
    const alignment = globalAlignment(small, new Random(2));
    const values = (change: Partial<LossInput>) =>
      Object.entries(alignment.losses(input(change), EVALUATION)).map(([name, x]) => [name, x.dataSync()[0]]);
    const [[name, value], ...rest] = values({});
    expect([name, rest]).toEqual(['global', []]);
    expect(value).toBeGreaterThan(0);
    expect(values({ masks: null, sentenceRegions: [[], [], []] })).toEqual([['global', value]]);
  });

  it('has no option of sentences and regions', () => {
    expect(() => globalAlignment({ ...small, local: true } as object, random)).toThrow(/local/);
    expect(() => globalAlignment({ ...small, localTemperature: 1 } as object, random)).toThrow(/localTemp/);
  });
});
