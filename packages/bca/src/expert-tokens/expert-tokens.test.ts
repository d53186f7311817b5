import '@tensorflow/tfjs-backend-cpu';
import { assignValues, EVALUATION, type LossInput, type Memory, Random, valueAndGradients } from '@raca/core';
import { checkFusion, errorOfTensor, featuresOf, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { expertTokens } from '../index';
import { orthogonalLoss } from './orthogonal-loss';

const small = { width: 8, heads: 2, feedForward: 12, layers: 2, dropout: 0, experts: 3 };
const make = (config: object = {}) => expertTokens({ ...small, ...config }, new Random(1));
const patches = randomTensor<tf.Rank.R3>([2, 5, 8], new Random(2));
const masks = tf.zeros<tf.Rank.R3>([2, 12, 5]);
const fuse = (fusion: ReturnType<typeof make>, x = patches): Memory =>
  fusion.fuse({ features: featuresOf(x), masks, context: null }, EVALUATION);
const lossInput = (memory?: Memory): LossInput => ({
  tokens: { ids: Int32Array.of(0, 1), shape: [2, 1] },
  embedded: tf.zeros([2, 1, 8]),
  features: featuresOf(patches),
  masks: null,
  separator: 1,
  sentenceRegions: [[], []],
  ...(memory && { memory }),
});

describe('orthogonalLoss', () => {
  it('matches values worked by hand', () => {
    expect(orthogonalLoss(tf.tensor3d([3, 0, 0, 2], [1, 2, 2])).dataSync()[0]).toBeCloseTo(0, 6);
    // cosine 3/5 twice; the second study is one vector twice: cosine 1 twice; mean of 0.72 and 2
    const x = tf.tensor3d([2, 0, 3, 4, 1, 1, 2, 2], [2, 2, 2]);
    expect(orthogonalLoss(x).dataSync()[0]).toBeCloseTo(1.36, 5);
  });
});

describe('expertTokens', () => {
  it('satisfies the contract', () => {
    const passed = checkFusion((width, random) => expertTokens({ ...small, width }, random));
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'gradients equal central differences']),
    );
  });

  it('reads experts as an unordered set', () => {
    const fusion = make();
    const before = fuse(fusion).tokens;
    const tokens = fusion.parameters.get('experts.weight')!;
    assignValues(tokens, tf.reverse(tokens as unknown as tf.Tensor2D, 0).dataSync() as Float32Array);
    const after = fuse(fusion).tokens;
    const part = (x: tf.Tensor3D, from: number, to: number) => tf.slice(x, [0, from, 0], [2, to - from, 8]);
    expect(errorOfTensor(part(after, 0, 5).dataSync(), part(before, 0, 5).dataSync(), 1)).toBeLessThan(1e-5);
    const turned = tf.reverse(part(after, 5, 8), 1).dataSync();
    expect(errorOfTensor(turned, part(before, 5, 8).dataSync(), 1)).toBeLessThan(1e-5);
    expect(errorOfTensor(part(after, 5, 8).dataSync(), part(before, 5, 8).dataSync(), 1)).toBeGreaterThan(
      1e-2,
    );
  });

  it('has the loss of what the decoder reads, or of the tokens', () => {
    const fusion = make();
    const memory = fuse(fusion);
    const [outputs] = fusion.losses!(lossInput(memory), EVALUATION).experts.dataSync();
    const expected = orthogonalLoss(tf.slice(memory.tokens, [0, 5, 0], [2, 3, 8])).dataSync()[0];
    expect(outputs).toBeCloseTo(expected, 5);
    expect(fusion.losses!(lossInput(), EVALUATION)).toEqual({});
    const own = make({ orthogonal: 'tokens' });
    const rows = tf.expandDims(own.parameters.get('experts.weight')!, 0) as tf.Tensor3D;
    expect(own.losses!(lossInput(), EVALUATION).experts.dataSync()[0]).toBeCloseTo(
      orthogonalLoss(rows).dataSync()[0],
      5,
    );
  });

  it('learns to keep its experts apart', () => {
    const fusion = make();
    const loss = () => fusion.losses!(lossInput(fuse(fusion)), EVALUATION).experts;
    const [before] = loss().dataSync();
    for (let k = 0; k < 60; k++) {
      const { gradients } = valueAndGradients(loss, fusion.parameters);
      for (const [name, g] of gradients) {
        const variable = fusion.parameters.get(name)!;
        variable.assign(tf.sub(variable, tf.mul(g, 0.1)));
      }
    }
    expect(loss().dataSync()[0]).toBeLessThan(0.2 * before);
  });

  it('names what does not fit, and leaves no tensor', () => {
    expect(() => make({ heads: 3 })).toThrow(/heads must divide/);
    expect(() => make({ experts: 0 })).toThrow(/experts/);
    const fusion = make();
    expect(() => fuse(fusion, tf.zeros([2, 5, 9]))).toThrow(
      'expertTokens: patches must be [b, p, 8], got [2,5,9]',
    );
    const memory = fuse(fusion);
    const x = lossInput(memory);
    expect(leakedTensors(() => Object.values(fusion.losses!(x, EVALUATION)))).toBe(0);
  });
});

it.skipIf(!hasGolden('systems/metransformer'))(
  'values and gradients of the orthogonal loss (skipped where ../shared/golden is absent)',
  () => {
    const golden = new GoldenCase('systems/metransformer');
    const tokens = tf.expandDims(golden.tensor('expert_tokens'), 0) as tf.Tensor3D;
    for (const [x, name, gradient] of [
      [golden.tensor<tf.Tensor3D>('encoded'), 'loss', 'grad.encoded'],
      [tokens, 'loss_parameters', 'grad.loss_parameters/expert_tokens'],
    ] as const) {
      const loss = orthogonalLoss(x).dataSync();
      expect(errorOfTensor(loss, golden.values(name), 0.1), name).toBeLessThan(1e-5);
      const found = tf
        .grad((y: tf.Tensor) => orthogonalLoss(y as tf.Tensor3D))(x)
        .dataSync();
      expect(errorOfTensor(found, golden.values(gradient), 0.01), gradient).toBeLessThan(1e-4);
    }
  },
);
