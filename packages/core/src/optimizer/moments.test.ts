import '@tensorflow/tfjs-backend-cpu';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { Random } from '../random';
import { Adam } from './adam';
import { ADAM_BASE64, ADAM_SOURCE_SHA256 } from './adam.bytes';
import { arrayMoments } from './array-moments';
import { moduleMoments } from './module-moments';
import type { Coefficients, Moments } from './moments';

afterEach(() => vi.unstubAllGlobals());

const bits = (x: Float32Array | null): string => (x ? Buffer.from(x.slice().buffer).toString('hex') : 'none');
const usual: Coefficients = {
  clip: Number.POSITIVE_INFINITY,
  decay: 0,
  betas: [0.9, 0.999],
  stepSize: 1e-3,
  floor: 1e-9,
};

/** Values of every size that float32 has, with zeros of both signs. */
function values(n: number, random: Random): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => {
    if (i % 11 === 0) return i % 2 ? 0 : -0;
    return random.normal() * 10 ** (i % 7 === 0 ? random.next() * 80 - 45 : -random.next() * 3);
  });
}

it.each([
  ['plain', false, {}],
  ['AMSGrad', true, {}],
  ['decay', false, { decay: 8e-3 }],
  ['clipping', true, { clip: 0.05 }],
  ['decay and clipping', true, { decay: 0.1, clip: 1e-3, betas: [0.8, 0.99] as const, floor: 0.1 }],
])('module and JavaScript give equal bits: %s', (_, amsgrad, options) => {
  const sizes = [1, 3, 4, 0, 5, 4096, 4097, 9001];
  const [inModule, inArrays] = [moduleMoments(sizes, amsgrad)!, arrayMoments(sizes, amsgrad)];
  const random = new Random(7);
  let seen = 0;
  sizes.forEach((n, k) => {
    let weights = values(n, random);
    for (let step = 0; step < 4; step++) {
      const gradient = values(n, random);
      const c = { ...usual, ...options, stepSize: 1e-3 / (step + 1) };
      const [one, two] = [inModule[k], inArrays[k]].map((moments) => stepped(moments, weights, gradient, c));
      expect(bits(one)).toBe(bits(two));
      for (const part of ['first', 'second', 'largest'] as const) {
        expect(bits(inModule[k][part])).toBe(bits(inArrays[k][part]));
      }
      weights = one;
      seen += one.filter(Number.isFinite).length;
    }
  });
  expect(seen).toBe(4 * sizes.reduce((a, b) => a + b));
});

/** The weights after one step; the array they go to holds something else before. */
function stepped(
  moments: Moments,
  weights: Float32Array,
  gradient: Float32Array,
  c: Coefficients,
): Float32Array {
  const out = new Float32Array(weights.length).fill(7);
  moments.step(weights, gradient, out, c);
  return out;
}

it.each([
  ['module', (sizes: number[]) => moduleMoments(sizes, true)!],
  ['JavaScript', (sizes: number[]) => arrayMoments(sizes, true)],
])('%s: values worked by hand, without rounding', (_, make: (sizes: number[]) => Moments[]) => {
  const [moments] = make([2]);
  // g = 8 clipped to 4, plus w/2 = 1: 5; and g = -1 plus w/2 = 2: 1
  const c = { clip: 4, decay: 0.5, betas: [0.5, 0.75], stepSize: 3, floor: 0.5 } as const;
  const out = stepped(moments, Float32Array.of(2, 4), Float32Array.of(8, -1), c);
  expect([...moments.first]).toEqual([2.5, 0.5]);
  expect([...moments.second]).toEqual([6.25, 0.25]);
  expect([...moments.largest!]).toEqual([6.25, 0.25]);
  expect([...out]).toEqual([-0.5, 2.5]); // 2 - 3·2.5 / (2.5 + 0.5); 4 - 3·0.5 / (0.5 + 0.5)
});

it('lets moments end at 0, not below the normal range', () => {
  for (const [moments] of [moduleMoments([1], false)!, arrayMoments([1], false)]) {
    moments.first[0] = -1.3e-38;
    moments.second[0] = 1.1755e-38;
    stepped(moments, Float32Array.of(1), Float32Array.of(0), usual);
    expect([moments.first[0], moments.second[0]]).toEqual([0, 0]);
  }
});

it('does without the module where it cannot be had', () => {
  const run = (): Float32Array[] => {
    const w = tf.variable(tf.linspace(-1, 1, 9));
    const groups = [{ name: 'all', parameters: new Map([['w', w]]), learningRate: 0.1 }];
    const adam = new Adam(groups, { amsgrad: true });
    for (let k = 0; k < 3; k++) adam.step(new Map([['w', tf.linspace(k, -k, 9)]]));
    return [w.dataSync() as Float32Array, ...adam.state().values()];
  };
  const withModule = run();
  vi.stubGlobal('WebAssembly', undefined);
  expect(moduleMoments([1], false)).toBeNull();
  expect(run().map(bits)).toEqual(withModule.map(bits));
  vi.unstubAllGlobals();
  expect(moduleMoments([2 ** 31], false)).toBeNull(); // more than a module can address
});

it('holds bytes made from the sources in assembly/, few enough to compile at once in a browser', () => {
  const folder = new URL('../../assembly/', import.meta.url);
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(readFileSync(new URL(file, folder)));
  expect(hash.digest('hex'), 'run `node scripts/assembly.mjs`').toBe(ADAM_SOURCE_SHA256);
  expect(atob(ADAM_BASE64).length).toBeLessThan(4096);
});
