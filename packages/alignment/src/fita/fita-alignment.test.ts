import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, type FindingLabels, type LossInput, Random, valueAndGradients } from '@raca/core';
import {
  checkAlignment,
  errorOfTensor,
  featuresOf,
  gradientError,
  leakedTensors,
  randomTensor,
} from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { fitaAlignment, symmetricInfoNce } from '../index';
import { unitLength } from '../losses';
import { meanOfPatches } from '../pooling';
import { distanceTripletLoss, labelLoss, labelTriplets } from './label-triplets';

const small = { width: 8, projection: 6, layers: 1, heads: 2, feedForward: 10, dropout: 0, labels: 2 };
const make = (config: object = {}) => fitaAlignment({ ...small, ...config }, new Random(1));
const LABELS: FindingLabels = { names: ['Edema', 'Fracture'], states: Uint8Array.of(1, 0, 1, 2, 0, 3) };

function input(change: Partial<LossInput> = {}): LossInput {
  return {
    tokens: { ids: Int32Array.of(0, 2, 3, 1, 0, 0, 5, 1, 0, 0, 0, 3, 3, 2, 0), shape: [3, 5] },
    embedded: randomTensor<tf.Rank.R3>([3, 5, 8], new Random(6)),
    features: featuresOf(randomTensor<tf.Rank.R3>([3, 6, 8], new Random(7))),
    masks: null,
    separator: 1,
    sentenceRegions: [[], [], []],
    ...change,
  };
}

const total = (alignment: ReturnType<typeof make>, x: LossInput) => () =>
  Object.values(alignment.losses(x, EVALUATION)).reduce((a, b) => tf.add(a, b));

describe('labelTriplets', () => {
  it('pairs reports that agree in a finding, against one that does not', () => {
    // the first finding: reports 0 and 1 agree, 2 does not; the second: report 2 is uncertain, nobody differs
    const { anchors, positives, negatives } = labelTriplets([1, 0, 1, 0, 0, null], 3, () => 0);
    expect([anchors, positives, negatives].map((x) => [...x])).toEqual([
      [0, 1],
      [1, 0],
      [2, 2],
    ]);
    expect(labelTriplets([1, 0], 2, () => 0).anchors).toHaveLength(0);
  });
});

describe('its losses match values worked by hand', () => {
  it('distanceTripletLoss', () => {
    const [a, p, n] = [
      [0, 0, 0, 0],
      [3, 4, 0, 1],
      [0, 2, 0, 9],
    ].map((x) => tf.tensor2d(x, [2, 2]));
    expect(distanceTripletLoss(a, p, n, 0.5).dataSync()[0]).toBeCloseTo((5 - 2 + 0.5) / 2, 6);
    expect(distanceTripletLoss(a, a, a, 0.5).dataSync()[0]).toBeCloseTo(0.5, 5);
    const [gradient] = tf.grads((x: tf.Tensor) => distanceTripletLoss(x as tf.Tensor2D, a, n, 0.5))([a]);
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true); // a report twice has no distance to itself
  });

  it('labelLoss', () => {
    const logits = tf.tensor2d([0, Math.log(3), 100, -Math.log(3)], [2, 2]);
    expect(labelLoss(logits, [1, 1, null, 1]).dataSync()[0]).toBeCloseTo(
      (Math.log(2) + Math.log(4 / 3) + Math.log(4)) / 3,
      6,
    );
    expect(labelLoss(logits, [null, null, null, null]).dataSync()[0]).toBe(0);
  });
});

describe('fitaAlignment', () => {
  it('satisfies the contract', () => {
    const passed = checkAlignment((width, random) => fitaAlignment({ ...small, width }, random));
    expect(passed).toEqual(
      expect.arrayContaining([
        'masked patches = patches without them',
        'gradients equal central differences',
      ]),
    );
  });

  it('has losses of labels where a batch has some', () => {
    expect(Object.keys(make().losses(input(), EVALUATION))).toEqual(['contrastive']);
    const labelled = make().losses(input({ labels: LABELS }), EVALUATION);
    expect(Object.keys(labelled)).toEqual(['contrastive', 'classes', 'triplet']);
    expect(labelled.contrastive.dataSync()).toEqual(
      make().losses(input(), EVALUATION).contrastive.dataSync(),
    );
  });

  it('draws triplets in training', () => {
    const states = Uint8Array.of(1, 0, 1, 0, 1, 0, 0, 0);
    const ids = Int32Array.of(0, 2, 0, 3, 0, 4, 0, 5);
    const four = input({
      tokens: { ids, shape: [4, 2] },
      embedded: randomTensor<tf.Rank.R3>([4, 2, 8], new Random(6)),
      features: featuresOf(randomTensor<tf.Rank.R3>([4, 6, 8], new Random(7))),
      sentenceRegions: [[], [], [], []],
      labels: { ...LABELS, states },
    });
    const run = (seed: number) =>
      make()
        .losses(four, { training: true, random: new Random(seed) })
        .triplet.dataSync()[0];
    expect(run(1)).toBe(run(1));
    expect(new Set([1, 2, 3, 4, 5].map(run)).size).toBeGreaterThan(1);
  });

  it('has the gradient of central differences, and learns', () => {
    const alignment = make();
    const x = input({ labels: LABELS });
    const loss = total(alignment, x);
    expect(gradientError(loss, alignment.parameters, new Random(2))).toBeLessThan(2e-2);
    const [before] = loss().dataSync();
    for (let k = 0; k < 40; k++) {
      const { gradients } = valueAndGradients(loss, alignment.parameters);
      for (const [name, g] of gradients) {
        const variable = alignment.parameters.get(name)!;
        variable.assign(tf.sub(variable, tf.mul(g, 0.1)));
      }
    }
    expect(loss().dataSync()[0]).toBeLessThan(0.7 * before);
  });

  it('names what does not fit, and leaves no tensor', () => {
    expect(() => make({ labels: 0 })).toThrow(/labels/);
    expect(() => make({ global: true })).toThrow(/global/);
    const x = input({ labels: LABELS });
    expect(() => make({ labels: 3 }).losses(x, EVALUATION)).toThrow(
      'fitaAlignment: expected states of 3 × 3 labels, got 6 of 2 labels',
    );
    const alignment = make();
    expect(leakedTensors(() => Object.values(alignment.losses(x, EVALUATION)))).toBe(0);
    const { numTensors } = tf.memory();
    make().dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('values of FITA from its equations (skipped where ../shared/golden is absent)', () => {
  const skip = !hasGolden('systems/fita');
  const close = (golden: GoldenCase, x: tf.Tensor, name: string) =>
    expect(errorOfTensor(x.dataSync(), golden.values(name), 0.1), name).toBeLessThan(1e-5);

  it.skipIf(skip)('contrast of reports and images, and its gradient', () => {
    const golden = new GoldenCase('systems/fita');
    const image = unitLength(meanOfPatches(golden.tensor('patches')));
    const contrast = (words: tf.Tensor) =>
      symmetricInfoNce(
        unitLength(meanOfPatches(words as tf.Tensor3D, golden.tensor<tf.Tensor2D>('word_mask'))),
        image,
        golden.hyper.temperature as number,
      );
    const words = golden.tensor('word_features');
    close(golden, contrast(words), 'loss_itc');
    const weight = golden.hyper.itc_weight as number; // the case's loss has the class loss too, which reads no words
    const gradient = tf.grad((x: tf.Tensor) => tf.mul(contrast(x), weight))(words);
    expect(errorOfTensor(gradient.dataSync(), golden.values('grad.word_features'), 0.01)).toBeLessThan(1e-4);
  });

  it.skipIf(skip)('class loss and triplets of the text, and their gradients', () => {
    const golden = new GoldenCase('systems/fita');
    const truth = Array.from(golden.values('anchor_labels'), (x) => (x === 1 ? 1 : 0));
    const names = ['anchor', 'positive', 'negative', 'text.weight', 'text.bias'];
    const said = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias) as tf.Tensor2D;
    const parts = ([a, p, n, weight, bias]: tf.Tensor[]) => {
      const logits = [a, p, n].map((x) => said(x, weight, bias));
      const [fa, fp, fn] = logits.map((x) => tf.sigmoid(x));
      const triplet = distanceTripletLoss(fa, fp, fn, golden.hyper.margin as number);
      return { classes: labelLoss(logits[0], truth), triplet };
    };
    const inputs = names.map((name) => golden.tensor(name));
    const { classes, triplet } = parts(inputs);
    close(golden, classes, 'loss_text_cls');
    close(golden, triplet, 'loss_triplet');
    const sum = (...x: tf.Tensor[]): tf.Scalar => {
      const { classes, triplet } = parts(x);
      return tf.add(classes, triplet);
    };
    const { value, grads } = tf.valueAndGrads(sum)(inputs);
    close(golden, value, 'loss_text');
    names.forEach((name, i) => {
      const expected = golden.values(`grad.loss_text/${name}`);
      expect(errorOfTensor(grads[i].dataSync(), expected, 0.01), name).toBeLessThan(1e-4);
    });
  });
});
