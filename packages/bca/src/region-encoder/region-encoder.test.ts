import '@tensorflow/tfjs-backend-cpu';
import {
  applyTransformerEncoder,
  assignValues,
  EVALUATION,
  Parameters,
  Random,
  transformerEncoder,
} from '@raca/core';
import { checkFusion, errorOfTensor, featuresOf, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { regionEncoder } from '../index';
import { patchesApart } from './region-encoder';

const small = { width: 8, heads: 2, feedForward: 12, layers: 2, dropout: 0 };
const make = (config: object = {}) => regionEncoder({ ...small, ...config }, new Random(1));
const patches = randomTensor<tf.Rank.R3>([1, 4, 8], new Random(2));
/** Patches 0 and 1, and 1 and 2; 3 is in no region. */
const masks = tf.tensor3d([1, 1, 0, 0, 0, 1, 1, 0], [1, 2, 4]);
const fuse = (fusion: ReturnType<typeof make>, m = masks, x = patches) =>
  fusion.fuse({ features: featuresOf(x), masks: m, context: null }, EVALUATION).tokens;

it('patchesApart: patches of different regions alone', () => {
  const expected = [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
  expect([...patchesApart(masks).dataSync()]).toEqual(expected);
});

describe('regionEncoder', () => {
  it('satisfies the contract', () => {
    const passed = checkFusion((width, random) => regionEncoder({ ...small, width }, random));
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'gradients equal central differences']),
    );
  });

  it('is an ordinary Transformer without strength, without regions, and within one region', () => {
    const p = Parameters.create(new Random(1));
    const plain = transformerEncoder(p.scope('encoder'), small);
    const fusion = make();
    for (const [name, variable] of p.all) {
      assignValues(variable, fusion.parameters.get(name)!.dataSync() as Float32Array);
    }
    const expected = applyTransformerEncoder(plain, patches, null, EVALUATION).dataSync();
    expect(fuse(make({ strength: 0 })).dataSync()).toEqual(expected);
    for (const m of [tf.zeros<tf.Rank.R3>([1, 2, 4]), tf.ones<tf.Rank.R3>([1, 2, 4])]) {
      expect(errorOfTensor(fuse(fusion, m).dataSync(), expected, 0.1)).toBeLessThan(1e-6);
    }
    expect(errorOfTensor(fuse(fusion).dataSync(), expected, 0.1)).toBeGreaterThan(1e-3);
  });

  it('separates regions that share no patch where the bias is strong, and fades', () => {
    const two = tf.tensor3d([1, 1, 0, 0, 0, 0, 1, 1], [1, 2, 4]);
    const changed = tf.concat(
      [tf.slice(patches, [0, 0, 0], [1, 2, 8]), tf.zeros([1, 2, 8])],
      1,
    ) as tf.Tensor3D;
    const first = (x: tf.Tensor3D) => tf.slice(x, [0, 0, 0], [1, 2, 8]).dataSync();
    const moved = (config: object) => {
      const fusion = make({ strength: 60, ...config });
      return errorOfTensor(first(fuse(fusion, two, changed)), first(fuse(fusion, two)), 0.1);
    };
    expect(moved({ fade: false })).toBeLessThan(1e-5);
    expect(moved({ fade: true })).toBeGreaterThan(1e-3); // the last layer sees all
    expect(moved({ fade: true, layers: 1 })).toBeLessThan(1e-5); // of one layer, the first
  });

  it('names what does not fit, and leaves no tensor', () => {
    expect(() => make({ heads: 3 })).toThrow(/heads must divide/);
    expect(() => make({ strength: -1 })).toThrow(/strength/);
    expect(() => fuse(make(), tf.ones([1, 2, 5]))).toThrow('regionEncoder: masks must be [1,r,4]');
    const fusion = make();
    expect(leakedTensors(() => fuse(fusion))).toBe(0);
  });
});
