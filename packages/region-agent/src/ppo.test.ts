import '@tensorflow/tfjs-backend-cpu';
import '@raca/core';
import { Random } from '@raca/core/random';
import { largestError, randomMask, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from './golden-case';
import {
  clippedSurrogate,
  discountedReturns,
  generalisedAdvantages,
  logProbabilities,
  meanEntropy,
  standardised,
  valueLoss,
} from './ppo';

const DISCOUNT = { gamma: 0.98, lambda: 0.95 };

describe.each(['raca-iu', 'raca-mimic'])('golden %s (skipped where ../shared/golden is absent)', (name) => {
  const skip = !hasGolden(name);
  const open = () => new GoldenCase(name, ['ppo']);

  it.skipIf(skip)('advantages and returns', () => {
    const g = open();
    const [rewards, values, next, dones] = ['rewards', 'values', 'next_values', 'dones'].map((k) =>
      g.values(k),
    );
    const advantages = generalisedAdvantages(rewards, values, next, dones, DISCOUNT);
    expect(largestError(advantages, g.values('advantages'))).toBeLessThan(1e-5);
    expect(largestError(discountedReturns(rewards, DISCOUNT.gamma), g.values('returns'))).toBeLessThan(1e-5);
  });

  it.skipIf(skip)('losses and their gradients', () => {
    const g = open();
    const [states, actions] = [g.tensor<tf.Tensor2D>('states'), g.tensor<tf.Tensor2D>('actions')];
    const names = ['0.weight', '0.bias', '2.weight', '2.bias'];
    const weights = (network: string) => names.map((leaf) => g.tensor(`before.${network}.${leaf}`));
    const network = (w0: tf.Tensor, b0: tf.Tensor, w2: tf.Tensor, b2: tf.Tensor): tf.Tensor => {
      const hidden = tf.relu(tf.add(tf.matMul(states, tf.transpose(w0) as tf.Tensor2D), b0)) as tf.Tensor2D;
      return tf.add(tf.matMul(hidden, tf.transpose(w2) as tf.Tensor2D), b2);
    };
    const actorLoss = (...w: tf.Tensor[]): tf.Scalar => {
      const [w0, b0, w2, b2] = w;
      const current = tf.sum(logProbabilities(network(w0, b0, w2, b2), actions), 1);
      return clippedSurrogate(current, g.tensor('old_logprob'), g.tensor('adv'), 0.2);
    };
    const criticLoss = (...w: tf.Tensor[]): tf.Scalar => {
      const [w0, b0, w2, b2] = w;
      return valueLoss(network(w0, b0, w2, b2), g.tensor('returns_target'));
    };
    for (const [part, loss] of [
      ['actor', actorLoss],
      ['critic', criticLoss],
    ] as const) {
      const { value, grads } = tf.valueAndGrads(loss)(weights(part));
      expect(largestError(value.dataSync(), g.values(`${part}_loss`)), part).toBeLessThan(1e-5);
      grads.forEach((gradient, i) => {
        const expected = g.values(`grad.${part}.${names[i]}`);
        expect(largestError(gradient.dataSync(), expected), `${part}.${names[i]}`).toBeLessThan(1e-5);
      });
    }
  });
});

describe('parts of PPO', () => {
  it('generalisedAdvantages matches a value worked by hand', () => {
    // γ = λ = 1/2; δ = [1 + 1 − 1, 2 + 0 − 2] = [1, 0]; a done step ignores what follows
    const A = generalisedAdvantages([1, 2], [1, 2], [2, 9], [0, 1], { gamma: 0.5, lambda: 0.5 });
    expect([...A]).toEqual([1, 0]);
    // λ = 1: discounted return minus value, whatever the values
    const [rewards, values] = [
      [1, -1, 2],
      [0.3, 0.2, -0.5],
    ];
    const full = generalisedAdvantages(rewards, values, [0.2, -0.5, 7], [0, 0, 1], { gamma: 0.9, lambda: 1 });
    const returns = discountedReturns(rewards, 0.9);
    expect(
      largestError(
        full,
        returns.map((G, t) => G - values[t]),
      ),
    ).toBeLessThan(1e-6);
  });

  it('standardised has mean 0 and sample deviation 1, and leaves a constant at 0', () => {
    expect(largestError(standardised(Float32Array.of(1, 2, 3)), [-1, 0, 1])).toBeLessThan(1e-6);
    expect([...standardised(Float32Array.of(4, 4))]).toEqual([0, 0]);
    expect(largestError(standardised(Float32Array.of(0.01, -0.01), 1), [0.0098, -0.0098])).toBeLessThan(2e-4);
  });

  it('logProbabilities and meanEntropy of probabilities 3/4 and 1/2', () => {
    const logits = tf.tensor1d([Math.log(3), Math.log(3), 0]);
    const log = logProbabilities(logits, tf.tensor1d([1, 0, 1]));
    expect(largestError(log.dataSync(), [Math.log(0.75), Math.log(0.25), Math.log(0.5)])).toBeLessThan(1e-6);
    const quarter = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
    expect(meanEntropy(logits).dataSync()[0]).toBeCloseTo((2 * quarter + Math.log(2)) / 3, 5);
    const extreme = logProbabilities(tf.tensor1d([200, -200]), tf.tensor1d([0, 0]));
    expect(largestError(extreme.dataSync(), [-200, 0])).toBeLessThan(1e-6);
  });

  it('clipping stops the gradient of ratios that went far enough, and only of those', () => {
    // Ratios 2 and 1/2 with advantage ±1: 2·(+1) is clipped to 1.2, ½·(−1) to −0.8; the two others are not
    const current = tf.log(tf.tensor1d([2, 2, 0.5, 0.5]));
    const A = tf.tensor1d([1, -1, 1, -1]);
    const loss = (x: tf.Tensor) => clippedSurrogate(x, tf.zeros([4]), A, 0.2);
    expect(loss(current).dataSync()[0]).toBeCloseTo(-(1.2 - 2 + 0.5 - 0.8) / 4, 6);
    expect(largestError(tf.grad(loss)(current).dataSync(), [0, 0.5, -0.125, 0])).toBeLessThan(1e-6);
  });

  it('has the gradients of central differences', () => {
    const random = new Random(4);
    const logits = randomTensor<tf.Rank.R2>([6, 5], random);
    const actions = randomMask<tf.Rank.R2>([6, 5], 0.5, random);
    const old = tf.sub(logProbabilities(logits, actions), tf.mul(randomTensor([6, 5], random), 0.3));
    const A = randomTensor<tf.Rank.R2>([6, 5], random);
    const loss = (x: tf.Tensor): tf.Scalar =>
      tf.add(clippedSurrogate(logProbabilities(x, actions), old, A, 0.2), meanEntropy(x)) as tf.Scalar;
    const direction = randomTensor<tf.Rank.R2>([6, 5], random);
    const at = (h: number): number => loss(tf.add(logits, tf.mul(direction, h))).dataSync()[0];
    const exact = tf.sum(tf.mul(tf.grad(loss)(logits), direction)).dataSync()[0];
    expect((at(5e-3) - at(-5e-3)) / 1e-2 / exact).toBeCloseTo(1, 1);
  });
});
