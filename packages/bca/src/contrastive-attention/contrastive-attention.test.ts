import '@tensorflow/tfjs-backend-cpu';
import {
  assignValues,
  EVALUATION,
  type FindingLabels,
  type LossInput,
  type Pass,
  Random,
  valueAndGradients,
} from '@raca/core';
import { checkFusion, errorOfTensor, featuresOf, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { contrastiveAttention } from '../index';
import { besideDifference, closestOf, commonOf } from './difference';

const small = { width: 8, attentions: 2, pool: 4 };
const make = (config: object = {}) => contrastiveAttention({ ...small, ...config }, new Random(1));
const masks = tf.zeros<tf.Rank.R3>([2, 12, 5]);
const patches = randomTensor<tf.Rank.R3>([2, 5, 8], new Random(2));
const fuse = (fusion: ReturnType<typeof make>, x = patches) =>
  fusion.fuse({ features: featuresOf(x), masks, context: null }, EVALUATION);
const training: Pass = { training: true, random: new Random(3) };

const batch = (labels?: FindingLabels, x = patches): LossInput => ({
  tokens: { ids: Int32Array.of(0, 1, 0, 1), shape: [2, 2] },
  embedded: tf.zeros([2, 2, 8]),
  features: featuresOf(x),
  masks: null,
  separator: 1,
  sentenceRegions: [[], []],
  ...(labels && { labels }),
});
const labels = (...states: number[]): FindingLabels => ({
  names: ['No Finding', 'Edema'],
  states: Uint8Array.from(states),
});

describe('contrastiveAttention', () => {
  it.each([false, true])('satisfies the contract with normal studies, a place of the whole: %s', (global) => {
    const passed = checkFusion((width, random) => {
      const fusion = contrastiveAttention({ ...small, width, global }, random);
      const normal = randomTensor<tf.Rank.R2>([3, width], new Random(4));
      fusion.remember(normal);
      normal.dispose();
      return fusion;
    });
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'gradients equal central differences']),
    );
    expect(
      checkFusion((width, random) => contrastiveAttention({ ...small, width, global }, random)),
    ).toContain('batched = single');
  });

  it('matches values worked by hand', () => {
    const fusion = contrastiveAttention({ width: 1, attentions: 1, pool: 3, global: true }, new Random(1));
    for (const [name, variable] of fusion.parameters) {
      if (variable.trainable)
        assignValues(variable, new Float32Array(variable.size).fill(name === 'fc.weight' ? 1 : 0));
    }
    // even attention: the mean patch is 4, the closest the mean of the two normal ones, 2; in common (4 + 2) / 2
    const run = () =>
      fusion.fuse(
        {
          features: featuresOf(tf.tensor3d([1, 4, 7], [1, 3, 1])),
          masks: tf.zeros([1, 2, 3]),
          context: null,
        },
        EVALUATION,
      );
    expect([...run().tokens.dataSync()]).toEqual([1, 4, 7, 4]); // nothing remembered: no difference
    fusion.remember(tf.tensor2d([[1], [3]]));
    expect([...run().tokens.dataSync()]).toEqual([2, 5, 8, 5]);
    assignValues(fusion.parameters.get('fc.bias')!, Float32Array.of(-4));
    expect([...run().tokens.dataSync()]).toEqual([0, 1, 4, 1]);
    expect(run().parts.map(({ name }) => name)).toEqual(['patches', 'global']);
  });

  it('is a linear map of the patches alone where it remembers nothing', () => {
    const fusion = make();
    const plain = besideDifference(
      { weight: fusion.parameters.get('fc.weight')!, bias: fusion.parameters.get('fc.bias')! },
      patches,
      tf.zeros([2, 8]),
    );
    expect(fuse(fusion).tokens.dataSync()).toEqual(plain.dataSync());
  });

  it('remembers in training the studies whose reports find nothing, the newest first', () => {
    const fusion = make();
    const vectors = () => fusion.parameters.get('normal.vectors')!.dataSync().slice();
    const filled = () => [...fusion.parameters.get('normal.filled')!.dataSync()];
    const means = tf.mean(patches, 1).dataSync();
    expect(fusion.losses!(batch(), training)).toEqual({});
    fusion.losses!(batch(labels(1, 0, 1, 2)), EVALUATION);
    fusion.losses!(batch(labels(0, 1, 1, 3)), training); // edema, and perhaps edema
    expect(filled()).toEqual([0, 0, 0, 0]);
    fusion.losses!(batch(labels(0, 1, 1, 2)), training);
    expect(filled()).toEqual([1, 0, 0, 0]);
    expect(vectors().slice(0, 8)).toEqual(means.slice(8));
    for (let k = 0; k < 2; k++)
      fusion.losses!(batch(labels(1, 0, 1, 0), tf.mul<tf.Tensor3D>(patches, k + 2)), training);
    expect(filled()).toEqual([1, 1, 1, 1]);
    tf.test_util.expectArraysClose(
      vectors().slice(0, 16),
      means.map((x) => 3 * x),
    );
    expect([...fusion.parameters].filter(([, { trainable }]) => !trainable).map(([name]) => name)).toEqual([
      'normal.vectors',
      'normal.filled',
    ]);
  });

  it('has the gradients of its forward pass though it remembers before the backward pass', () => {
    const gradients = (remembers: boolean) => {
      const fusion = make();
      fusion.remember(randomTensor([2, 8], new Random(4)));
      const loss = () => {
        const sum = tf.sum(tf.square(fuse(fusion).tokens)) as tf.Scalar;
        if (remembers) fusion.losses!(batch(labels(1, 0, 1, 0)), training);
        return sum;
      };
      return [...valueAndGradients(loss, fusion.parameters).gradients].map(([name, g]) => [
        name,
        [...g.dataSync()],
      ]);
    };
    expect(gradients(true)).toEqual(gradients(false));
  });

  it('names what does not fit, and leaves no tensor', () => {
    expect(() => make({ attentions: 0 })).toThrow(/attentions/);
    const fusion = make();
    expect(() => fuse(fusion, tf.zeros([2, 5, 9]))).toThrow(
      'contrastiveAttention: patches must be [b, p, 8]',
    );
    expect(() => fusion.remember(tf.zeros([2, 9]))).toThrow('normal studies must be [k, 8], got [2,9]');
    const x = batch(labels(1, 0, 1, 0));
    expect(leakedTensors(() => fuse(fusion).tokens)).toBe(0);
    expect(leakedTensors(() => Object.values(fusion.losses!(x, training)))).toBe(0);
  });
});

it.skipIf(!hasGolden('systems/contrastive-attention'))(
  'values and gradients of the published equations (skipped where ../shared/golden is absent)',
  () => {
    const golden = new GoldenCase('systems/contrastive-attention');
    const names = ['v', 'patches', 'pool'];
    const inputs = names.map((name) => [name, tf.variable(golden.tensor(name))] as const);
    const [v, x, pool] = inputs.map(([, variable]) => variable as unknown as tf.Tensor);
    const fusion = contrastiveAttention({ width: 6, attentions: 3, pool: 7 }, new Random(1));
    const trained = [...fusion.parameters].filter(([, variable]) => variable.trainable);
    for (const [name, variable] of trained) assignValues(variable, golden.own(name));
    const part = (name: string) => {
      const [weight, bias] = ['weight', 'bias'].map((leaf) => fusion.parameters.get(`${name}.${leaf}`)!);
      return { weight, bias };
    };
    const attention = {
      aggregate: [0, 1, 2].map((i) => ({ x: part(`aggregate.${i}.x`), y: part(`aggregate.${i}.y`) })),
      differentiate: { x: part('differentiate.x'), y: part('differentiate.y') },
    };
    const run = () => {
      const closest = closestOf(attention, v as tf.Tensor2D, pool as tf.Tensor2D, tf.ones([7]));
      const common = commonOf(attention, v as tf.Tensor2D, closest);
      const difference = tf.sub(v, common) as tf.Tensor2D;
      const global = besideDifference(part('fc'), tf.reshape(v, [2, 1, 6]), difference);
      return {
        closest,
        common,
        difference,
        global,
        patches: besideDifference(part('fc'), x as tf.Tensor3D, difference),
      };
    };
    const close = (found: tf.Tensor, name: string) =>
      expect(errorOfTensor(found.dataSync(), golden.values(name), 0.1), name).toBeLessThan(1e-5);
    const found = run();
    close(found.closest, 'closest');
    close(found.common, 'common');
    close(found.difference, 'difference');
    close(found.global, 'global.out');
    close(found.patches, 'patches.out');
    const loss = () => {
      const { global, patches } = run();
      const [ofGlobal, ofPatches] = ['probe.global', 'probe.patches'].map((name) => golden.tensor(name));
      const sum = tf.sum(tf.mul(tf.reshape(global, [2, 6]), ofGlobal));
      return tf.add(sum, tf.sum(tf.mul(patches, ofPatches))) as tf.Scalar;
    };
    const { value, gradients } = valueAndGradients(loss, new Map([...trained, ...inputs]));
    close(value, 'loss');
    expect(gradients.size).toBe(trained.length + 3);
    for (const [name, gradient] of gradients) {
      expect(errorOfTensor(gradient.dataSync(), golden.own(`grad.${name}`), 0.01), name).toBeLessThan(1e-4);
    }
    // the module: the pool remembered, the mean patch in the place of v
    fusion.remember(pool as tf.Tensor2D);
    const features = featuresOf(tf.reshape(v, [2, 1, 6]));
    const memory = fusion.fuse({ features, masks: tf.zeros([2, 1, 1]), context: null }, EVALUATION);
    close(memory.tokens, 'global.out');
  },
);
