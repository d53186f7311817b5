import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@raca/core';
import { largestError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { multiPositiveLoss, ofSameStudy, otherViews, symmetricInfoNce, wordLoss } from '../index';
import { unitLength } from '../losses';

/** The measure of the cases: largest difference over the largest value, at least `floor`. */
function error(found: tf.Tensor, expected: Float32Array, floor: number): number {
  const values = found.dataSync();
  expect(values.length).toBe(expected.length);
  const largest = (x: ArrayLike<number>) => Array.from(x).reduce((most, y) => Math.max(most, Math.abs(y)), 0);
  return largest(values.map((x, i) => x - expected[i])) / Math.max(floor, largest(expected));
}

type Inputs = Record<string, tf.Tensor>;

/** Value and gradients of a loss against those of a case, within the tolerances of the case. */
function compare(
  golden: GoldenCase,
  inputs: Inputs,
  loss: (x: Inputs) => tf.Scalar,
  name = 'loss',
  prefix = 'grad.',
) {
  const names = Object.keys(inputs);
  const values = (tensors: tf.Tensor[]): Inputs => Object.fromEntries(tensors.map((x, i) => [names[i], x]));
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => loss(values(tensors)))(
    Object.values(inputs),
  );
  expect(error(value, golden.values(name), 0.1), name).toBeLessThan(1e-5);
  names.forEach((input, i) => {
    expect(error(grads[i], golden.values(prefix + input), 0.01), prefix + input).toBeLessThan(1e-4);
  });
}

const matrix = (x: tf.Tensor): tf.Tensor2D => unitLength(x as tf.Tensor2D);

describe('values of MLRG (skipped where ../shared/golden is absent)', () => {
  const skip = !hasGolden('systems/mlrg-contrast');
  const contrasts = (golden: GoldenCase) => {
    const names = (key: string) => (golden.hyper[key] as number[]).map(String);
    const [ofViews, ofPairs] = [names('view_studies'), names('pair_studies')];
    const views = (x: tf.Tensor) => multiPositiveLoss(matrix(x), matrix(x), otherViews(ofViews), 0.5);
    const pairs = (from: tf.Tensor, to: tf.Tensor) =>
      multiPositiveLoss(matrix(from), matrix(to), ofSameStudy(ofPairs, ofPairs), 0.5);
    return { views, pairs };
  };

  it.skipIf(skip)('losses one by one', () => {
    const golden = new GoldenCase('systems/mlrg-contrast');
    const { views, pairs } = contrasts(golden);
    const [image, text] = ['image', 'text'].map((name) => golden.tensor(name));
    const found = {
      loss_views: views(golden.tensor('views')),
      loss_image_to_text: pairs(image, text),
      loss_text_to_image: pairs(text, image),
    };
    for (const [name, loss] of Object.entries(found)) {
      expect(error(loss, golden.values(name), 0.1), name).toBeLessThan(1e-5);
    }
  });

  it.skipIf(skip)('their sum and its gradients', () => {
    const golden = new GoldenCase('systems/mlrg-contrast');
    const { views, pairs } = contrasts(golden);
    const inputs = Object.fromEntries(['views', 'image', 'text'].map((name) => [name, golden.tensor(name)]));
    compare(golden, inputs, (x) =>
      tf.add(views(x.views), tf.div(tf.add(pairs(x.image, x.text), pairs(x.text, x.image)), 2)),
    );
  });

  it.skipIf(skip)('nothing where no study has two views', () => {
    const golden = new GoldenCase('systems/mlrg-contrast');
    const alone = (x: tf.Tensor) => multiPositiveLoss(matrix(x), matrix(x), otherViews(['1', '2', '3']), 0.5);
    const x = golden.tensor('lonely.views');
    expect(alone(x).dataSync()[0]).toBe(0);
    expect(golden.values('loss_lonely')[0]).toBe(0);
    expect(Math.max(...tf.grad(alone)(x).dataSync().map(Math.abs))).toBe(0);
  });
});

describe('values of SEI (skipped where ../shared/golden is absent)', () => {
  const skip = !hasGolden('systems/sei-word-loss');

  it.skipIf(skip).each([
    ['padding counted, as published', 'loss', 'grad.', false],
    ['padding left out', 'loss_masked', 'grad.loss_masked/', true],
  ] as const)('%s', (_, name, prefix, masked) => {
    const golden = new GoldenCase('systems/sei-word-loss');
    const words = masked ? golden.tensor<tf.Tensor2D>('mask') : null;
    const inputs = { words: golden.tensor('words'), patches: golden.tensor('patches') };
    const loss = (x: Inputs) =>
      wordLoss(x.words as tf.Tensor3D, x.patches as tf.Tensor3D, { temperature: 0.5, words });
    compare(golden, inputs, loss, name, prefix);
  });
});

describe('multiPositiveLoss', () => {
  it('is the symmetric InfoNCE where every study has one picture', () => {
    const random = new Random(1);
    const [texts, images] = [0, 1].map(() => unitLength(randomTensor<tf.Rank.R2>([4, 5], random)));
    const own = ofSameStudy(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd']);
    const both = tf.add(
      multiPositiveLoss(texts, images, own, 0.2),
      multiPositiveLoss(images, texts, own, 0.2),
    );
    const expected = symmetricInfoNce(texts, images, 0.2);
    expect(largestError(tf.div(both, 2).dataSync(), expected.dataSync())).toBeLessThan(1e-6);
  });

  it('equals a value worked by hand, and leaves out what is not there', () => {
    // cosines of the row (1, 0) with columns (1, 0), (0, 1), (1, 0): 1, 0, 1; τ = 1 / ln 3: softmax 3/7, 1/7, 3/7
    const rows = tf.tensor2d([[1, 0]]);
    const columns = tf.tensor2d([
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
    const loss = (of: (string | null)[]) =>
      multiPositiveLoss(rows, columns, ofSameStudy(['a'], of), 1 / Math.log(3)).dataSync()[0];
    expect(loss(['a', 'a', 'b'])).toBeCloseTo((Math.log(7 / 3) + Math.log(7)) / 2, 5);
    expect(loss(['a', 'b', null])).toBeCloseTo(Math.log(4 / 3), 5); // the third is gone
    expect(loss(['b', 'b', 'b'])).toBe(0);
  });

  it('names numbers that do not fit', () => {
    const x = tf.zeros<tf.Rank.R2>([2, 3]);
    expect(() => multiPositiveLoss(x, x, ofSameStudy(['a'], ['a', 'b']), 1)).toThrow(
      'expected 1 rows and 2 columns, got [2,3] and [2,3]',
    );
  });
});

describe('wordLoss', () => {
  const random = new Random(3);
  const words = randomTensor<tf.Rank.R3>([2, 4, 5], random);
  const patches = randomTensor<tf.Rank.R3>([2, 6, 5], random);
  const value = (...args: Parameters<typeof wordLoss>): number => wordLoss(...args).dataSync()[0];

  it('sees only patches that there are', () => {
    const present = tf.tensor2d([1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0], [2, 6]);
    const cut = value(words, tf.slice(patches, 0, [2, 4, 5]), { temperature: 0.5 });
    expect(value(words, patches, { temperature: 0.5, present })).toBeCloseTo(cut, 5);
    expect(value(words, patches, { temperature: 0.5 })).not.toBeCloseTo(cut, 3);
  });

  it('is 0 without words, and leaves no tensor', () => {
    expect(value(words, patches, { temperature: 0.5, words: tf.zeros([2, 4]) })).toBe(0);
    expect(leakedTensors(() => tf.tidy(() => wordLoss(words, patches, { temperature: 0.5 })))).toBe(0);
  });

  it('names widths that differ', () => {
    expect(() => wordLoss(words, tf.zeros([2, 6, 4]), { temperature: 1 })).toThrow(
      'wordLoss: widths must match, got [2,4,5] and [2,6,4]',
    );
  });
});
