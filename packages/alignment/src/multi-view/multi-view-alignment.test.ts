import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, type LossInput, Random, type ViewKind, valueAndGradients } from '@raca/core';
import { checkAlignment, featuresOf, gradientError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { multiViewAlignment } from '../index';

const small = { width: 8, projection: 6, layers: 1, heads: 2, feedForward: 10, dropout: 0 };
const make = (config: object = {}) => multiViewAlignment({ ...small, ...config }, new Random(1));

/** Three studies of two views with 2 patches each; the second study has no lateral picture. */
function input(change: Partial<LossInput> = {}): LossInput {
  const kinds: (ViewKind | null)[][] = [
    ['frontal', 'lateral'],
    ['frontal', null],
    ['frontal', 'lateral'],
  ];
  const present = tf.tensor2d([1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1], [3, 4]);
  const patches = tf.mul(randomTensor<tf.Rank.R3>([3, 4, 8], new Random(7)), tf.expandDims(present, 2));
  const ids = Int32Array.of(0, 2, 3, 1, 4, 0, 5, 1, 0, 0, 0, 3, 3, 1, 0);
  return {
    tokens: { ids, shape: [3, 5] },
    embedded: randomTensor<tf.Rank.R3>([3, 5, 8], new Random(6)),
    features: { patches: patches as tf.Tensor3D, grid: { views: 2, rows: 1, cols: 2 }, kinds, present },
    masks: null,
    separator: 1,
    sentenceRegions: [[], [], []],
    ...change,
  };
}

const values = (config: object, x: LossInput): Record<string, number> =>
  Object.fromEntries(
    Object.entries(make(config).losses(x, EVALUATION)).map(([name, loss]) => [name, loss.dataSync()[0]]),
  );

/** What an input's features hold, changed. */
const features = (change: Partial<LossInput['features']>) => ({
  features: { ...input().features, ...change },
});

describe('multiViewAlignment', () => {
  it.each([true, false])('satisfies the contract, words: %s', (words) => {
    const passed = checkAlignment((width, r) => multiViewAlignment({ ...small, width, words }, r));
    expect(passed).toEqual(
      expect.arrayContaining([
        'masked patches = patches without them',
        'gradients equal central differences',
      ]),
    );
    expect(() =>
      checkAlignment((width, r) => multiViewAlignment({ ...small, width }, r), { regions: 5 }),
    ).not.toThrow();
  });

  it('has the losses that it is asked for', () => {
    expect(Object.keys(values({}, input()))).toEqual(['reports', 'views']);
    expect(Object.keys(values({ views: false, words: true }, input()))).toEqual(['reports', 'words']);
  });

  it('has the gradient of central differences with several views', () => {
    const alignment = make({ words: true });
    const x = input();
    const total = () => Object.values(alignment.losses(x, EVALUATION)).reduce((a, b) => tf.add(a, b));
    expect(gradientError(total, alignment.parameters, new Random(2))).toBeLessThan(2e-2);
  });

  it('takes no notice of an empty slot', () => {
    const x = input();
    const { patches, present } = x.features;
    const dirty = tf.add(patches, tf.mul(tf.sub(1, tf.expandDims(present!, 2)), 1e3)) as tf.Tensor3D;
    expect(values({ words: true }, input(features({ patches: dirty })))).toEqual(values({ words: true }, x));
    // were the slot filled, all losses would be others
    const [one, other] = [x, input(features({ kinds: x.features.kinds.map(() => ['frontal', 'lateral']) }))];
    expect(values({}, one).reports).not.toBeCloseTo(values({}, other).reports, 4);
    expect(values({}, one).views).not.toBeCloseTo(values({}, other).views, 4);
  });

  it('has no loss of views where no study has two, and none of reports for one study', () => {
    const kinds = input().features.kinds.map(([first]) => [first, null]);
    const { views, reports } = values({}, input(features({ kinds })));
    expect(views).toBe(0);
    expect(reports).toBeGreaterThan(0);
    const same = values({}, input({ study: studyOf(['s', 's', 's']) }));
    expect(same.views).toBeGreaterThan(0); // every picture is of one study
    // all reports belong to all pictures: targets are even, so the loss is no less than ln 3
    expect(same.reports).toBeGreaterThanOrEqual(Math.log(3));
  });

  it('compares reports with the first picture alone where asked to', () => {
    const kinds = input().features.kinds.map(([first]) => [first, null]);
    const first = values({ images: 'first' }, input()).reports;
    expect(first).toBeCloseTo(values({}, input(features({ kinds }))).reports, 6);
    expect(first).not.toBeCloseTo(values({}, input()).reports, 4);
    const swapped = input().features.kinds.map(([a, b]) => [null, b ?? a]);
    const second = values({ images: 'first' }, input(features({ kinds: swapped, present: null }))).reports;
    expect(second).not.toBeCloseTo(first, 4); // the first that there is lies in the second slot
  });

  it('learns: pictures find each other and their reports', () => {
    const alignment = make({ words: true });
    const x = input();
    const losses = () => alignment.losses(x, EVALUATION);
    const before = Object.values(losses()).map((loss) => loss.dataSync()[0]);
    for (let k = 0; k < 40; k++) {
      const { gradients } = valueAndGradients(
        () => Object.values(losses()).reduce((a, b) => tf.add(a, b)),
        alignment.parameters,
      );
      for (const [name, g] of gradients) {
        const variable = alignment.parameters.get(name)!;
        variable.assign(tf.sub(variable, tf.mul(g, 0.1)));
      }
    }
    Object.values(losses()).forEach((loss, k) => {
      expect(loss.dataSync()[0]).toBeLessThan(0.95 * before[k]);
    });
  });

  it('names what does not fit, and leaves no tensor', () => {
    expect(() => make({ temperature: 0 })).toThrow(/temperature/);
    expect(() => make({ margin: 1 })).toThrow(/margin/);
    expect(() => make({ images: 'all' })).toThrow(/images/);
    const alignment = make({ words: true });
    const wrong = input({ features: featuresOf(tf.zeros([3, 4, 7])) });
    expect(() => alignment.losses(wrong, EVALUATION)).toThrow(/patches/);
    const x = input();
    expect(leakedTensors(() => Object.values(alignment.losses(x, EVALUATION)))).toBe(0);
  });
});

/** A study that says no more than its ids. */
function studyOf(ids: string[]): LossInput['study'] {
  const { patches, grid, kinds } = input().features;
  return { views: { input: { features: { patches, grid } }, kinds }, ids };
}
