import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, type PatchGrid, Random, valueAndGradients } from '@raca/core';
import { checkRegionAgent, gradientError, largestError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type GumbelAgentConfig, gumbelAgent, priorFor } from './index';
import { straightThrough } from './straight-through';
import { inputOf } from './test-input';

const D = 8;
const GRID: PatchGrid = { views: 2, rows: 5, cols: 5 };
const ESTIMATORS = ['straight-through', 'gumbel'] as const;
const make = (config: GumbelAgentConfig = {}) =>
  gumbelAgent({ width: D, hidden: 16, positionJitter: 0, ...config }, new Random(1));
const patches = randomTensor<tf.Rank.R3>([3, 50, D], new Random(2));
const input = inputOf(patches, GRID);
const training = (seed: number) => ({ training: true, random: new Random(seed) }) as const;

describe('straightThrough', () => {
  it('rounds forwards and is the identity backwards', () => {
    const x = tf.tensor1d([0.2, 0.5, 0.9]);
    expect([...straightThrough(x, 0.5).dataSync()]).toEqual([0, 1, 1]);
    expect([...straightThrough(x, tf.tensor1d([0.1, 0.6, 0.95])).dataSync()]).toEqual([1, 0, 0]);
    const weights = tf.tensor1d([1, -2, 3]);
    const gradient = tf.grad((y: tf.Tensor) => tf.sum(tf.mul(straightThrough(y, 0.5), weights)))(x);
    expect([...gradient.dataSync()]).toEqual([1, -2, 3]);
  });
});

describe.each(ESTIMATORS)('gumbelAgent, %s', (estimator) => {
  it('satisfies the contract', () => {
    const passed = checkRegionAgent(
      (width, _, random) => make({ width, estimator, positionJitter: 0.15, hidden: 6 + random.int(3) }),
      D,
      GRID,
    );
    expect(passed).toEqual(
      expect.arrayContaining(['the masks have a gradient', 'no gradient reaches the features']),
    );
  });

  it('samples 1 as often as the probability says', () => {
    const agent = make({ estimator });
    const { probabilities } = agent.locate(input);
    const n = 200;
    const mean = tf.tidy(() => {
      const draws = Array.from({ length: n }, (_, i) => agent.relax(input, training(i)).masks);
      return tf.div(tf.addN(draws), n).dataSync() as Float32Array;
    });
    const p = probabilities.dataSync() as Float32Array;
    // z-scores of 1800 shares: their mean square is 1, give or take 5 · √(2/1800)
    const square =
      mean.reduce((sum, x, i) => sum + (x - p[i]) ** 2 / ((p[i] * (1 - p[i])) / n), 0) / p.length;
    expect(Math.abs(square - 1)).toBeLessThan(0.17);
  });

  it('finds a structure that a loss of its masks asks for', () => {
    const agent = make({ estimator, priorWeight: 0 });
    const random = new Random(4);
    const wanted = tf.tidy(() => {
      const first = tf.squeeze(tf.slice(patches, [0, 0, 0], [3, 50, 1]), [2]);
      const bright = tf.cast(tf.greater(first, 0), 'float32');
      return tf.sub(tf.mul(tf.reshape(bright, [3, 1, 50]), 2), 1); // ±1
    });
    const score = () => tf.tidy(() => tf.mean(tf.mul(agent.locate(input).masks, wanted)).dataSync()[0]);
    const before = score();
    for (let k = 0; k < 60; k++) {
      tf.tidy(() => {
        const { gradients } = valueAndGradients(
          () =>
            tf.neg(tf.sum(tf.mul(agent.relax(input, training(random.int(1e6))).masks, wanted))) as tf.Scalar,
          agent.parameters,
        );
        for (const [name, g] of gradients) {
          const variable = agent.parameters.get(name)!;
          variable.assign(tf.sub(variable, tf.mul(g, 2e-3)));
        }
      });
    }
    // a mask of all bright patches and no other scores the share of bright ones, about 1/2
    expect(before).toBeLessThan(0.2);
    expect(score()).toBeGreaterThan(0.4);
  });
});

describe('gumbelAgent', () => {
  it('gives the gradient of the probabilities straight through', () => {
    const agent = make({ estimator: 'straight-through', priorWeight: 0 });
    const target = randomTensor<tf.Rank.R3>([3, 12, 50], new Random(3));
    const gradients = (of: 'masks' | 'probabilities') =>
      valueAndGradients(
        () => tf.sum(tf.mul(agent.relax(input, training(5))[of], target)) as tf.Scalar,
        agent.parameters,
      ).gradients;
    const [ours, soft] = [gradients('masks'), gradients('probabilities')];
    expect(ours.size).toBe(agent.parameters.size);
    for (const [name, g] of soft) {
      expect(largestError(ours.get(name)!.dataSync(), g.dataSync()), name).toBeLessThan(1e-5);
    }
  });

  it('pulls the probabilities towards the prior, with the right gradient', () => {
    const agent = make({ priorWeight: 0.5 });
    const loss = (): tf.Scalar => agent.relax(input, EVALUATION).losses.agentPrior;
    expect(gradientError(loss, agent.parameters, new Random(6))).toBeLessThan(1e-2);
    const prior = priorFor(GRID, ['frontal', 'lateral'], 'raca');
    const p = agent.locate(input).probabilities.dataSync() as Float32Array;
    const each = Array.from(p, (x, i) => -Math.log(prior.masks[i % 600] ? x : 1 - x));
    const mean = each.reduce((a, x) => a + x, 0) / each.length;
    expect(loss().dataSync()[0]).toBeCloseTo(0.5 * mean, 5);
  });

  it('says nothing of views without a prior', () => {
    expect(make({ views: ['unknown', 'unknown'] }).relax(input, EVALUATION).losses).toEqual({});
  });

  it('saves no critic and frees it', () => {
    const before = tf.memory().numTensors;
    const agent = make();
    expect([...agent.parameters.keys()].every((name) => name.startsWith('actor.'))).toBe(true);
    agent.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names what does not fit', () => {
    expect(() => make({ temperature: 0 })).toThrow(/temperature/);
    expect(() => make({ estimator: 'reinforce' as never })).toThrow(/estimator/);
    expect(() => make({ width: 9 }).locate(input)).toThrow(/width 9, got 8/);
  });
});
