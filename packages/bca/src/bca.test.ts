import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, type Fusion, type Pass, Random, valueAndGradients } from '@raca/core';
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
import type { BcaWeights } from './bca';
import { GoldenCase, hasGolden } from './golden-case';
import { type BcaConfig, bca, publishedName } from './index';

const small: BcaConfig = { width: 8, attentionWidth: 4 };

/** Fused patches of a fusion that is given neither presence nor context. */
const fuse = (fusion: Fusion, patches: tf.Tensor3D, masks: tf.Tensor3D, pass: Pass = EVALUATION) =>
  fusion.fuse({ features: featuresOf(patches), masks, context: null }, pass).tokens;

/** The weights by part. */
function weightsOf(fusion: Fusion): BcaWeights {
  const linear = (name: string) => ({
    weight: fusion.parameters.get(`${name}.weight`)!,
    bias: fusion.parameters.get(`${name}.bias`)!,
  });
  return {
    query: linear('query'),
    key: linear('key'),
    value: linear('value'),
    mix: linear('mix'),
    output: linear('output'),
  };
}

/** The equations as they are written in the paper, region by region, on r masked copies. */
function naive(w: BcaWeights, g: tf.Tensor3D, masks: tf.Tensor3D): tf.Tensor3D {
  const [b, p, d] = g.shape;
  const project = ({ weight, bias }: BcaWeights['query'], x: tf.Tensor): tf.Tensor => {
    const flat = tf.reshape(x, [-1, x.shape[2]!]) as tf.Tensor2D;
    return tf.reshape(tf.add(tf.matMul(flat, weight as unknown as tf.Tensor2D), bias), [b, p, -1]);
  };
  const attend = (from: tf.Tensor, to: tf.Tensor): tf.Tensor => {
    const scores = tf.matMul(project(w.query, from), project(w.key, to), false, true);
    return tf.matMul(tf.softmax(tf.div(scores, Math.sqrt(w.query.weight.shape[1]!))), project(w.value, to));
  };
  let [u, v, local]: tf.Tensor[] = [w.mix.bias, w.mix.bias, w.mix.bias];
  for (let k = 0; k < masks.shape[1]; k++) {
    const weight = tf.slice(w.mix.weight, [k, 0], [1, 1]);
    const region = tf.mul(g, tf.reshape(tf.slice(masks, [0, k, 0], [b, 1, p]), [b, p, 1]));
    u = tf.add(u, tf.mul(weight, attend(region, g)));
    v = tf.add(v, tf.mul(weight, attend(g, region)));
    local = tf.add(local, tf.mul(weight, region));
  }
  const update = tf.relu(project(w.output, tf.concat([v, u], 2)));
  return tf.reshape(tf.add(tf.add(update, local), g), [b, p, d]);
}

/** Masks with an empty, a full and some random regions. */
const mixedMasks = (b: number, p: number): tf.Tensor3D =>
  tf.concat(
    [tf.zeros([b, 1, p]), tf.ones([b, 1, p]), randomMask<tf.Rank.R3>([b, 10, p], 0.4, new Random(3))],
    1,
  ) as tf.Tensor3D;

describe('bca', () => {
  it.each([
    ['raca', false],
    ['published', false],
    ['published', true],
  ] as const)('%s satisfies the contract, gradient of masks %s', (variant, maskGradient) => {
    const checks = checkFusion((width, random) => bca({ ...small, variant, width, maskGradient }, random));
    expect(checks).toContain('gradients equal central differences');
  });

  it('equals the naive form in value and in every gradient', () => {
    const fusion = bca({ ...small, variant: 'published' }, new Random(1));
    const weights = weightsOf(fusion);
    const g = randomTensor<tf.Rank.R3>([2, 7, 8], new Random(2));
    const masks = mixedMasks(2, 7);
    const patches = tf.variable(g);
    const all = new Map([...fusion.parameters, ['patches', patches]]);
    const target = randomTensor<tf.Rank.R3>([2, 7, 8], new Random(5));
    const run = (f: (x: tf.Tensor3D) => tf.Tensor3D) =>
      valueAndGradients(() => tf.sum(tf.mul(f(patches as unknown as tf.Tensor3D), target)) as tf.Scalar, all);
    const cheap = run((x) => fuse(fusion, x, masks));
    const plain = run((x) => naive(weights, x, masks));
    expect(largestError(cheap.value.dataSync(), plain.value.dataSync())).toBeLessThan(1e-5);
    expect(cheap.gradients.size).toBe(all.size);
    for (const [name, gradient] of plain.gradients) {
      expect(largestError(cheap.gradients.get(name)!.dataSync(), gradient.dataSync()), name).toBeLessThan(
        2e-5,
      );
    }
  });

  it('stays finite, with its gradients, for scores in the thousands', () => {
    const fusion = bca({ ...small, variant: 'published' }, new Random(1));
    const patches = tf.variable(tf.mul(randomTensor<tf.Rank.R3>([2, 7, 8], new Random(2)), 100));
    const masks = mixedMasks(2, 7);
    const all = new Map([...fusion.parameters, ['patches', patches]]);
    const { value, gradients } = valueAndGradients(
      () => tf.sum(fuse(fusion, patches as unknown as tf.Tensor3D, masks)) as tf.Scalar,
      all,
    );
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    for (const [name, gradient] of gradients) {
      expect([...gradient.dataSync()].every(Number.isFinite), name).toBe(true);
    }
  });

  it('sends masks the gradient of central differences where asked to', () => {
    const fusion = bca({ ...small, variant: 'published', maskGradient: true }, new Random(1));
    const random = new Random(2);
    const patches = randomTensor<tf.Rank.R3>([2, 5, 8], random);
    const target = randomTensor<tf.Rank.R3>([2, 5, 8], random);
    const direction = randomTensor<tf.Rank.R3>([2, 12, 5], random);
    const loss = (m: tf.Tensor): tf.Scalar =>
      tf.sum(tf.mul(fuse(fusion, patches, m as tf.Tensor3D), target)) as tf.Scalar;
    for (const masks of [mixedMasks(2, 5), tf.fill<tf.Rank.R3>([2, 12, 5], 0.4)]) {
      const exact = tf.sum(tf.mul(tf.grad(loss)(masks), direction)).dataSync()[0];
      const at = (h: number): number => loss(tf.add(masks, tf.mul(direction, h))).dataSync()[0];
      expect(Math.abs(exact)).toBeGreaterThan(0.1);
      expect((at(1e-2) - at(-1e-2)) / 2e-2 / exact).toBeCloseTo(1, 2);
    }
    const plain = bca({ ...small, variant: 'published' }, new Random(1));
    const [one, other] = [fusion, plain].map((f) => fuse(f, patches, mixedMasks(2, 5)).dataSync());
    expect(one).toEqual(other);
  });

  it('sends no gradient to the masks', () => {
    const fusion = bca(small, new Random(1));
    const patches = randomTensor<tf.Rank.R3>([1, 5, 8], new Random(2));
    const gradient = tf.grad((m) => fuse(fusion, patches, m as tf.Tensor3D))(mixedMasks(1, 5));
    expect(Math.max(...gradient.dataSync().map(Math.abs))).toBe(0);
  });

  it('starts near G: times 1 + the share of regions that select the patch, plus a small update', () => {
    const fusion = bca({ width: 32 }, new Random(1));
    const g = randomTensor<tf.Rank.R3>([2, 9, 32], new Random(2));
    const masks = mixedMasks(2, 9);
    const share = tf.reshape(tf.mean(masks, 1), [2, 9, 1]);
    const update = tf.sub(fuse(fusion, g, masks), tf.mul(g, tf.add(share, 1)));
    const [size] = tf.div(tf.norm(update), tf.norm(g)).dataSync();
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(0.3);
  });

  it('names what does not fit', () => {
    const fusion = bca(small, new Random(1));
    const patches = tf.zeros<tf.Rank.R3>([2, 5, 8]);
    expect(() => fuse(fusion, patches, tf.zeros([2, 11, 5]))).toThrow(/\[2,12,5\].*\[2,11,5\]/);
    expect(() => fuse(fusion, tf.zeros([2, 5, 9]), tf.zeros([2, 12, 5]))).toThrow(/\[b, p, 8\]/);
    expect(() => bca({ width: 0 }, new Random(1))).toThrow(/width/);
    expect(() => bca({ wdth: 8 } as BcaConfig, new Random(1))).toThrow(/wdth/);
    expect(() => publishedName('query.scale')).toThrow(/query\.scale/);
  });

  it('leaves no tensor', () => {
    const fusion = bca(small, new Random(1));
    const [patches, masks] = [tf.ones<tf.Rank.R3>([2, 5, 8]), mixedMasks(2, 5)];
    const run = () => fuse(fusion, patches, masks);
    expect(leakedTensors(run)).toBe(0);
  });
});

describe.each(['raca-iu', 'raca-mimic'])('golden %s (skipped where ../shared/golden is absent)', (name) => {
  it.skipIf(!hasGolden(name))('matches values of the published program', () => {
    const golden = new GoldenCase(name);
    const { d_model: width, d_att: attentionWidth } = golden.config;
    const fusion = bca({ variant: 'published', width, attentionWidth }, new Random(1));
    for (const [own, variable] of fusion.parameters) {
      const published = publishedName(own);
      const value = golden.tensor(published.name);
      variable.assign(published.transpose ? tf.transpose(value) : value);
    }
    const parts = fusion.parts({
      features: featuresOf(golden.tensor('encoder_out')),
      masks: golden.tensor('actions'),
      context: null,
    });
    const error = (tensor: tf.Tensor, expected: string): number =>
      largestError(tensor.dataSync(), golden.values(expected));
    expect(error(parts.localMix, 'bca_local_mix')).toBeLessThan(1e-4);
    expect(error(parts.regionsQueryGlobal, 'bca_regions_query_global')).toBeLessThan(1e-4);
    expect(error(parts.globalQueriesRegions, 'bca_global_queries_regions')).toBeLessThan(1e-4);
    expect(error(parts.fused, 'bca_out')).toBeLessThan(1e-4);
  });
});
