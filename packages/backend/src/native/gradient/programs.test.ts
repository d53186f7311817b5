import { applyNorm, softmax, TrainedProgram } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NativeBackend } from '../backend';
import { registerNative } from '../index';

const info = await registerNative({ threads: 2 });
const missing = 'unavailable' in info ? info.unavailable : '';

describe.skipIf(missing !== '')(`programs with gradients ${missing}`, () => {
  beforeEach(() => tf.setBackend('native').then(() => undefined));
  const backend = () => tf.backend() as NativeBackend;
  const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

  type F = (tensors: readonly tf.Tensor[]) => tf.Tensor;
  type Weights = Map<string, tf.Variable>;
  const variables = (...shapes: number[][]): Weights =>
    new Map(shapes.map((shape, i) => [`w${i}`, tf.variable(random(shape, i + 1))]));

  /** Value, and gradients of inputs and weights, of Σ f². */
  const all = (f: F, inputs: readonly tf.Tensor[], weights: Weights): number[][] =>
    tf.tidy(() => {
      const { value, grads } = tf
        .engine()
        .gradients(
          () => tf.sum(tf.square(f(inputs))),
          [...inputs, ...weights.values()],
          undefined as unknown as tf.Tensor,
          true,
        );
      return [value, ...(grads as (tf.Tensor | undefined)[])].map((t) => [...(t?.dataSync() ?? [])]);
    });

  /** Relative to the largest value of each tensor. */
  const far = (found: number[][], expected: number[][]): number =>
    Math.max(
      ...found.map((values, k) => {
        const size = Math.max(...expected[k].map(Math.abs), 1e-30);
        return Math.max(...values.map((x, i) => Math.abs(x - expected[k][i]))) / size;
      }),
    );

  const attention = (w: Weights): F => {
    const [q, k, v, scale, shift] = [...w.values()];
    const norm = { gamma: scale, beta: shift } as Parameters<typeof applyNorm>[0];
    return ([x, bias]) => {
      const [n, t, d] = x.shape as [number, number, number];
      const rows = tf.reshape(applyNorm(norm, x), [n * t, d]);
      const heads = (m: tf.Variable) =>
        tf.transpose(
          tf.reshape(tf.matMul(rows, m as unknown as tf.Tensor2D), [n, t, 2, d / 2]),
          [0, 2, 1, 3],
        );
      const weights = softmax(tf.add(tf.matMul(heads(q), heads(k), false, true), bias));
      return tf.add(
        x,
        tf.relu(tf.reshape(tf.transpose(tf.matMul(weights, heads(v)), [0, 2, 1, 3]), [n, t, d])),
      );
    };
  };

  const convolution = (w: Weights): F => {
    const [stem, first, second] = [...w.values()] as unknown as tf.Tensor4D[];
    return ([x]) => {
      const tiles = tf.conv2d(x as tf.Tensor4D, stem, 2, 'same');
      return tf.conv2d(tf.relu(tf.conv2d(tiles, first, 2, 'same')), second, 1, 'same');
    };
  };

  /** Operations whose gradients cut, pad, repeat, reduce and compare. */
  const moves = (w: Weights): F => {
    const [m] = [...w.values()];
    return ([x]) => {
      const [n] = x.shape;
      const [left, right] = tf.split(tf.matMul(x as tf.Tensor2D, m as unknown as tf.Tensor2D), 2, 1);
      const part = tf.slice(x, [0, 1], [n, 3]);
      const top = tf.max(right, 1, true);
      const joined = tf.concat([tf.maximum(left, 0.1), tf.exp(tf.sub(right, top)), part], 1);
      const tiled = tf.tile(tf.mean(joined, 1, true), [1, 9]);
      return tf.div(tf.mul(joined, tiled), tf.sqrt(tf.add(tf.sum(tf.square(joined), 1, true), 1)));
    };
  };

  const cases: [string, (w: Weights) => F, number[][], (n: number) => number[][]][] = [
    [
      'attention',
      attention,
      [[8, 8], [8, 8], [8, 8], [8], [8]],
      (n) => [
        [n, 5, 8],
        [n, 1, 1, 5],
      ],
    ],
    [
      'convolutions',
      convolution,
      [
        [2, 2, 1, 2],
        [3, 3, 2, 4],
        [3, 3, 4, 3],
      ],
      (n) => [[n, 18, 16, 1]],
    ],
    ['moves', moves, [[6, 6]], (n) => [[n, 6]]],
  ];

  it.each(cases)('%s: values and gradients of new data, weights and sizes', (_, make, shapes, forms) => {
    const weights = variables(...shapes);
    const f = make(weights);
    let calls = 0;
    const program = new TrainedProgram(weights, (tensors) => {
      calls++;
      return f(tensors);
    });
    const run: F = (inputs) => program.run(inputs);
    for (const n of [2, 3]) {
      for (let call = 0; call < 4; call++) {
        const inputs = forms(n).map((shape, i) => random(shape, 10 * call + i + 20));
        for (const w of weights.values()) w.assign(tf.add(w, 0.1));
        expect(far(all(run, inputs, weights), all(f, inputs, weights))).toBeLessThan(1e-5);
      }
    }
    expect(backend().gradients.refusals).toEqual([]);
    expect(calls).toBe(3); // recordings: the first form twice, the second once
    program.dispose();
  });

  it.each([
    // height, width, filter, stride, padding: the last ones have more zeros than filter in their windows
    [9, 8, [3, 3], [2, 2], 'same'],
    [8, 10, [3, 3], [2, 2], 'same'],
    [11, 9, [5, 3], [2, 2], 'valid'],
    [12, 14, [7, 7], [2, 3], 'same'],
    [9, 13, [4, 4], [4, 4], 'same'],
    [10, 7, [3, 2], [1, 2], 'valid'],
    [9, 9, [2, 5], [2, 1], 'same'],
    [13, 13, [5, 5], [3, 3], 2],
    [8, 8, [3, 3], [2, 2], 1],
    [9, 8, [1, 1], [2, 2], 'same'],
    [9, 8, [2, 2], [3, 3], 'valid'],
  ] as const)('convolution of %i × %i pixels, filter %j, stride %j, padding %j', (h, w, k, stride, pad) => {
    const weights = variables([...k, 3, 4]);
    const [filter] = [...weights.values()] as unknown as tf.Tensor4D[];
    const f: F = ([x]) => tf.conv2d(x as tf.Tensor4D, filter, [...stride], pad);
    const program = new TrainedProgram(weights, f);
    for (let call = 0; call < 3; call++) {
      const x = random([2, h, w, 3], call);
      expect(
        far(
          all((x) => program.run(x), [x], weights),
          all(f, [x], weights),
        ),
      ).toBeLessThan(1e-5);
    }
    expect(backend().gradients.refusals).toEqual([]);
    program.dispose();
  });

  it('gives the same bits at the first call and later: a resumed run meets its forms anew', () => {
    const weights = variables([8, 8], [8, 8], [8, 8], [8], [8]);
    const inputs = [random([4, 5, 8], 1), random([4, 1, 1, 5], 2)];
    const calls = Array.from({ length: 2 }, () => {
      const program = new TrainedProgram(weights, attention(weights));
      const step = () => all((x) => program.run(x), inputs, weights);
      const found = [step(), step(), step()];
      program.dispose();
      return found;
    }).flat();
    for (const call of calls) expect(call).toEqual(calls[0]);
  });

  it.each([
    ['a weight', (x: tf.Tensor, _: tf.Tensor, c: tf.Variable) => tf.add(x, c)],
    ['a weight before the product', (x: tf.Tensor, _: tf.Tensor, c: tf.Variable) => tf.add(c, x)],
    ['a value that was computed', (x: tf.Tensor, _: tf.Tensor, c: tf.Variable) => tf.add(x, tf.mul(c, 2))],
    ['one number a row', (x: tf.Tensor, y: tf.Tensor) => tf.add(x, y)],
    [
      'a weight, where the product is used again',
      (x: tf.Tensor, _: tf.Tensor, c: tf.Variable) => tf.mul(tf.add(x, c), x),
    ],
    [
      'a weight in another form',
      (x: tf.Tensor, _: tf.Tensor, c: tf.Variable) => tf.add(tf.reshape(x, [2, 2, 5]), c),
    ],
  ] as const)('adds %s to a product', (_, plus) => {
    const weights = variables([3, 5], [5]);
    const [w, c] = [...weights.values()];
    const f: F = ([x, y]) => {
      const sum = plus(tf.matMul(x as tf.Tensor2D, w as unknown as tf.Tensor2D), y, c);
      return tf.mul(tf.mul(tf.relu(tf.reshape(sum, [4, 5])), y), c); // all take part in every case
    };
    const program = new TrainedProgram(weights, f);
    for (let call = 0; call < 3; call++) {
      const inputs = [random([4, 3], call), random([4, 1], call + 9)];
      expect(
        far(
          all((x) => program.run(x), inputs, weights),
          all(f, inputs, weights),
        ),
      ).toBeLessThan(1e-6);
    }
    expect(backend().gradients.refusals).toEqual([]);
    program.dispose();
  });

  it('gives no gradient to given tensors, zeros to what the value does not depend on', () => {
    const weights = variables([4], [4]);
    const [w] = [...weights.values()];
    const f: F = ([x, y]) => tf.mul(tf.mul(x, y), w);
    const program = new TrainedProgram(weights, f);
    for (let call = 0; call < 3; call++) {
      const [x, y] = [random([4], call), random([4], call + 9)];
      const [, dx, dy, dw, unused] = all(([x, y]) => program.run([x], [y]), [x, y], weights);
      const expected = all(f, [x, y], weights);
      expect(far([dx, dw], [expected[1], expected[3]])).toBeLessThan(1e-6);
      expect([dy, unused].flat().filter((x) => x !== 0)).toEqual([]);
    }
    program.dispose();
  });

  it('refuses a constant that depends on data, and a weight that it was not told of', () => {
    const hidden = tf.variable(tf.ones([20]));
    let moving = 1;
    const stale: F[] = [([x]) => tf.mul(x, moving), ([x]) => tf.mul(x, hidden)];
    for (const f of stale) {
      const program = new TrainedProgram(new Map(), f);
      for (let call = 0; call < 4; call++) {
        moving += 1;
        hidden.assign(tf.add(hidden, 1));
        const x = random([20], call);
        expect(all(([x]) => program.run([x]), [x], new Map())).toEqual(all(f, [x], new Map()));
      }
      expect(backend().gradients.refusals.at(-1)).toMatch(/^a constant \[.*\] that depends on data$/);
      program.dispose();
    }
  });

  it('runs kernel by kernel what no graph can hold', () => {
    const program = new TrainedProgram(new Map(), ([x]) => tf.mul(tf.cumsum(x, 1), x));
    for (let call = 0; call < 3; call++) {
      const [, dx] = all(([x]) => program.run([x]), [tf.tensor2d([[1, 2]])], new Map());
      // f = (x₁², (x₁ + x₂)x₂), Σf² at (1, 2): df₁ = (2x₁, 0), df₂ = (x₂, x₁ + 2x₂)
      expect(dx).toEqual([2 * 1 * 2 + 2 * 6 * 2, 2 * 6 * 5]);
    }
    expect(backend().gradients.refusals.at(-1)).toBe('kernel Cumsum');
    program.dispose();
  });

  it('runs kernel by kernel what reads values, and leaves nothing behind', () => {
    const program = new TrainedProgram(new Map(), ([x]) => tf.mul(x, x.dataSync()[0]));
    const before = tf.memory().numTensors;
    for (const first of [2, 3]) {
      // f = first · (first, 1) with first taken as a number: d Σf² = 2 · first² · (first, 1)
      const x = tf.tensor1d([first, 1]);
      expect(all(([x]) => program.run([x]), [x], new Map())[1]).toEqual([2 * first ** 3, 2 * first ** 2]);
      x.dispose();
    }
    expect(backend().gradients.refusals.at(-1)).toBe('a value that was read');
    expect(tf.memory().numTensors).toBe(before);
    program.dispose();
  });

  it('leaks no tensor and returns its memory', () => {
    const weights = variables([8, 8], [8, 8], [8, 8], [8], [8]);
    const program = new TrainedProgram(weights, attention(weights));
    const inputs = [random([40, 5, 8], 1), random([40, 1, 1, 5], 2)];
    const step = () => all((x) => program.run(x), inputs, weights);
    for (let call = 0; call < 3; call++) step();
    const before = [tf.memory().numTensors, tf.memory().numDataBuffers, backend().pool.leased];
    step();
    tf.dispose(program.run(inputs)); // outside any gradient
    all(([x]) => tf.mul(x, program.run(inputs).dataSync()[0]), inputs, weights); // no gradient asked
    expect([tf.memory().numTensors, tf.memory().numDataBuffers, backend().pool.leased]).toEqual(before);
    program.dispose();
  });

  it('keeps what the gradient reads, whatever becomes of the inputs', () => {
    const weights = variables([64, 64]);
    const [w] = [...weights.values()];
    const f: F = ([x]) => tf.matMul(x as tf.Tensor2D, w as unknown as tf.Tensor2D);
    const program = new TrainedProgram(weights, f);
    const x = random([64, 64], 5);
    const passing: F = ([x]) => {
      const y = tf.tidy(() => program.run([tf.mul(x, 2)]));
      for (let i = 0; i < 4; i++) tf.dispose(tf.mul(x, 0)); // would reuse the memory of 2x
      return y;
    };
    const expected = all(([x]) => f([tf.mul(x, 2)]), [x], weights);
    for (let call = 0; call < 3; call++) expect(far(all(passing, [x], weights), expected)).toBeLessThan(1e-5);
    program.dispose();
  });

  it('runs the function itself on other backends', async () => {
    await tf.setBackend('cpu');
    const program = new TrainedProgram(new Map(), ([x]) => tf.square(x));
    expect(all(([x]) => program.run([x]), [tf.tensor1d([3])], new Map())[1]).toEqual([108]);
    program.dispose();
  });
});
