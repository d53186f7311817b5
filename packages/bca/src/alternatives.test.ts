import '@tensorflow/tfjs-backend-cpu';
import { assignValues, EVALUATION, type Fusion, type Pass, Random } from '@raca/core';
import {
  checkFusion,
  featuresOf,
  largestError,
  leakedTensors,
  randomMask,
  randomTensor,
} from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gatedSum, meanFusion, selfAttentionFusion } from './index';

/** Two regions on three patches: {0, 1} and {1}; patch 2 belongs to none. */
const masks = tf.tensor3d([1, 1, 0, 0, 1, 0], [1, 2, 3]);
const patches = tf.tensor3d([2, 4, 6], [1, 3, 1]);
/** Fused patches of a fusion that is given neither presence nor context. */
const fuse = (fusion: Fusion, patches: tf.Tensor3D, masks: tf.Tensor3D, pass: Pass = EVALUATION) =>
  fusion.fuse({ features: featuresOf(patches), masks, context: null }, pass).tokens;
const fused = (fusion: Fusion): number[] => [...fuse(fusion, patches, masks).dataSync()];

const KINDS: [string, (width: number, random: Random) => Fusion][] = [
  ['meanFusion', () => meanFusion()],
  ['gatedSum', (width, random) => gatedSum({ width }, random)],
  ['selfAttentionFusion', (width, random) => selfAttentionFusion({ width, heads: 2 }, random)],
];

describe.each(KINDS)('%s', (name, make) => {
  it('satisfies the contract', () => {
    const passed = checkFusion(make);
    expect(passed).toEqual(expect.arrayContaining(['batched = single', 'no leaked tensor']));
    if (name !== 'meanFusion') expect(passed).toContain('gradients equal central differences');
  });

  it('lets the gradient through to the masks', () => {
    const fusion = make(8, new Random(1));
    const random = new Random(2);
    const g = randomTensor<tf.Rank.R3>([2, 5, 8], random);
    const target = randomTensor<tf.Rank.R3>([2, 5, 8], random);
    // between 0 and 1 but with counts above 1, where the count's kink is far
    const soft = tf.add(0.3, tf.mul(0.5, randomMask<tf.Rank.R3>([2, 12, 5], 0.5, random))) as tf.Tensor3D;
    const loss = (m: tf.Tensor): tf.Scalar =>
      tf.sum(tf.mul(fuse(fusion, g, m as tf.Tensor3D), target)) as tf.Scalar;
    const direction = randomTensor<tf.Rank.R3>([2, 12, 5], random);
    const at = (h: number): number => loss(tf.add(soft, tf.mul(direction, h))).dataSync()[0];
    const exact = tf.sum(tf.mul(tf.grad(loss)(soft), direction)).dataSync()[0];
    expect(Math.abs(exact)).toBeGreaterThan(1e-3);
    expect((at(1e-2) - at(-1e-2)) / 2e-2 / exact).toBeCloseTo(1, 2);
  });

  it('names what does not fit', () => {
    const fusion = make(8, new Random(1));
    const x = tf.zeros<tf.Rank.R3>([2, 5, 8]);
    expect(() => fuse(fusion, x, tf.zeros([2, 12, 4]))).toThrow(`${name}: masks must be [2,`);
    expect(() => fuse(fusion, x, tf.zeros([1, 12, 5]))).toThrow('got [1,12,5]');
    if (name === 'meanFusion') return;
    expect(() => fuse(fusion, tf.zeros([2, 5, 9]), tf.zeros([2, 12, 5]))).toThrow(
      `${name}: patches must be [b, p, 8], got [2,5,9]`,
    );
  });

  it('leaves no tensor', () => {
    const fusion = make(8, new Random(1));
    const [x, m] = [tf.ones<tf.Rank.R3>([2, 5, 8]), tf.zeros<tf.Rank.R3>([2, 12, 5])];
    expect(leakedTensors(() => fuse(fusion, x, m))).toBe(0);
  });
});

describe('values worked by hand', () => {
  it('meanFusion: patches times 1 + the share of regions', () => {
    expect(fused(meanFusion())).toEqual([2 * 1.5, 4 * 2, 6]);
  });

  it('gatedSum: half way to the regions with a gate of σ(0) and the identity as value', () => {
    const fusion = gatedSum({ width: 1 }, new Random(1));
    assignValues(fusion.parameters.get('gate.weight')!, Float32Array.of(0, 0));
    assignValues(fusion.parameters.get('gate.bias')!, Float32Array.of(0));
    assignValues(fusion.parameters.get('value.weight')!, Float32Array.of(1));
    // regions: means 3 and 4; patch 1 is in both: 3.5; patch 2 in none: 0
    tf.test_util.expectArraysClose(fused(fusion), [2.5, 3.75, 3]);
  });

  it('selfAttentionFusion: even attention adds the mean of patches and regions', () => {
    const fusion = selfAttentionFusion({ width: 1, heads: 1, regions: 2 }, new Random(1));
    for (const [name, variable] of fusion.parameters) {
      const passes = /^(attention\.(value|output)\.weight|norm\.beta)$/.test(name);
      assignValues(variable, new Float32Array(variable.size).fill(passes ? 1 : 0));
    }
    // the norm gives its shift, 1, everywhere; values and output keep it: the mean of five ones
    tf.test_util.expectArraysClose(fused(fusion), [3, 5, 7]);
  });

  it('selfAttentionFusion tells regions apart, and one patch set from another', () => {
    const fusion = selfAttentionFusion({ width: 8, heads: 2, regions: 2 }, new Random(1));
    const g = randomTensor<tf.Rank.R3>([1, 3, 8], new Random(2));
    const swapped = tf.reverse(masks, 1);
    const [one, other] = [masks, swapped].map((m) => fuse(fusion, g, m).dataSync());
    expect(largestError(one, other)).toBeGreaterThan(1e-4);
  });

  it('selfAttentionFusion drops in training only, by the stream that it is given', () => {
    const fusion = selfAttentionFusion({ width: 8, heads: 2, regions: 2, dropout: 0.5 }, new Random(1));
    const g = randomTensor<tf.Rank.R3>([1, 3, 8], new Random(2));
    const run = (seed: number) =>
      fuse(fusion, g, masks, { training: true, random: new Random(seed) }).dataSync();
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('refuses options it does not have', () => {
    expect(() => meanFusion({ width: 8 } as never)).toThrow(/width/);
    expect(() => gatedSum({ width: 0 }, new Random(1))).toThrow(/width/);
    expect(() => selfAttentionFusion({ width: 8, heads: 3 }, new Random(1))).toThrow(/heads must divide/);
  });
});
