import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { EVALUATION, Parameters, Random } from '../index';
import { gradientError, largestError, leakedTensors, randomTensor } from '../testing';
import {
  applyLinear,
  applyNorm,
  applyTransformerEncoder,
  attend,
  attention,
  causalBias,
  dropout,
  embedTokens,
  keyBias,
  keysValues,
  linear,
  norm,
  selfAttend,
  sinusoidalPositions,
  standardise,
  transformerEncoder,
} from './index';

beforeAll(() => tf.setBackend('cpu').then(() => undefined));

const random = new Random(1);
const create = (): Parameters => Parameters.create(new Random(2));

describe('norm', () => {
  it('matches values worked by hand', () => {
    // 1 2 3: mean 2, unbiased sd 1 → −1 0 1; γ = 2, β = 1
    const n = norm(create(), 3);
    n.gamma.assign(tf.tensor1d([2, 2, 2]));
    n.beta.assign(tf.tensor1d([1, 1, 1]));
    expect(largestError(applyNorm(n, tf.tensor2d([[1, 2, 3]])).dataSync(), [-1, 1, 3])).toBeLessThan(1e-5);
  });
  it('has the gradient of the plain form', () => {
    const plain = (x: tf.Tensor): tf.Tensor => {
      const c = tf.sub(x, tf.mean(x, -1, true));
      return tf.div(c, tf.add(tf.sqrt(tf.div(tf.sum(tf.square(c), -1, true), 4)), 1e-6));
    };
    const x = randomTensor<tf.Rank.R2>([3, 5], random);
    const dy = randomTensor<tf.Rank.R2>([3, 5], random);
    const g = (f: (x: tf.Tensor) => tf.Tensor): Float32Array => tf.grad(f)(x, dy).dataSync() as Float32Array;
    expect(largestError(g(standardise), g(plain))).toBeLessThan(1e-5);
  });
  it('stays finite on a constant row', () => {
    const dy = tf.ones([1, 4]);
    const x = tf.fill([1, 4], 3);
    expect(
      Array.from(
        tf
          .grad((y: tf.Tensor) => standardise(y))(x, dy)
          .dataSync(),
      ).every(Number.isFinite),
    ).toBe(true);
  });
});

describe('attention', () => {
  it('averages values when all scores are equal', () => {
    const p = create();
    const a = attention(p, 4, 2);
    for (const [name, v] of p.all) if (name.startsWith('query')) v.assign(tf.zerosLike(v));
    const memory = randomTensor<tf.Rank.R3>([1, 3, 4], random);
    const out = selfAttend(a, memory, null, 0, EVALUATION);
    const expected = applyLinear(a.output, tf.mean(applyLinear(a.value, memory), 1, true));
    expect(largestError(out.dataSync(), tf.tile(expected, [1, 3, 1]).dataSync())).toBeLessThan(1e-5);
  });
  it('masked = cut', () => {
    const a = attention(create(), 4, 2);
    const x = randomTensor<tf.Rank.R3>([1, 5, 4], random);
    const cut = tf.slice(x, [0, 0, 0], [1, 3, 4]);
    const masked = attend(
      a,
      cut,
      keysValues(a, x),
      keyBias((_, t) => t < 3, 1, 5),
      0,
      EVALUATION,
    );
    expect(largestError(masked.dataSync(), selfAttend(a, cut, null, 0, EVALUATION).dataSync())).toBeLessThan(
      1e-5,
    );
    const causal = selfAttend(a, x, causalBias(5), 0, EVALUATION);
    const head = tf.slice(causal, [0, 0, 0], [1, 3, 4]);
    const alone = selfAttend(a, cut, causalBias(3), 0, EVALUATION);
    expect(largestError(head.dataSync(), alone.dataSync())).toBeLessThan(1e-5);
  });
  it('needs heads that divide the width', () => {
    expect(() => attention(create(), 6, 4)).toThrow('heads must divide the width, got 4 and 6');
  });
});

it('the encoder has the gradient of central differences and leaks nothing', () => {
  const p = create();
  const e = transformerEncoder(p, { width: 6, heads: 2, feedForward: 8, layers: 2, dropout: 0.1 });
  const x = randomTensor<tf.Rank.R3>([2, 3, 6], random);
  const target = randomTensor<tf.Rank.R3>([2, 3, 6], random);
  const run = (): tf.Tensor3D => applyTransformerEncoder(e, x, null, EVALUATION);
  expect(gradientError(() => tf.sum(tf.mul(run(), target)), p.all, random)).toBeLessThan(1e-2);
  expect(leakedTensors(() => tf.tidy(run))).toBe(0);
});

it('dropout moves its mask with every call, scales what it keeps, and rests in evaluation', () => {
  const x = tf.ones([1000]);
  const pass = { training: true, random: new Random(4) } as const;
  const [a, b] = [dropout(x, 0.5, pass).dataSync(), dropout(x, 0.5, pass).dataSync()];
  expect(Array.from(a)).not.toEqual(Array.from(b));
  expect(new Set(a)).toEqual(new Set([0, 2]));
  expect(dropout(x, 0.5, EVALUATION)).toBe(x);
});

it('embeds times √d and refuses ids outside the table', () => {
  const table = tf.variable(
    tf.tensor2d([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ]),
  );
  const out = embedTokens(table, { ids: Int32Array.of(1, 0), shape: [1, 2] });
  expect(Array.from(out.dataSync())).toEqual([0, 2, 0, 0, 2, 0, 0, 0]); // √4 = 2
  expect(() => embedTokens(table, { ids: Int32Array.of(2), shape: [1, 1] })).toThrow(
    'ids must be in [0, 2), got 2',
  );
});

it('positions are those of the paper', () => {
  const [a, b, c, d] = sinusoidalPositions(1, 4, 3); // position 3: sin 3, cos 3, sin 0.03, cos 0.03
  expect(largestError([a, b, c, d], [0.14112, -0.98999, 0.0299955, 0.99955])).toBeLessThan(1e-5);
});

it('linear refuses another width', () => {
  expect(() => applyLinear(linear(create(), 3, 2), tf.ones([1, 4]))).toThrow(
    'last axis must be 3, got shape [1,4]',
  );
});
