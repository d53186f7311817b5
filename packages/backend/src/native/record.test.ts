import { applyNorm, BatchProgram, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NativeBackend } from './backend';
import { registerNative } from './index';

const info = await registerNative({ threads: 2 });
const missing = 'unavailable' in info ? info.unavailable : '';

describe.skipIf(missing !== '')(`recorded programs ${missing}`, () => {
  beforeEach(() => tf.setBackend('native').then(() => undefined));
  const backend = () => tf.backend() as NativeBackend;
  const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  /** Kernels run one by one while `run` runs. */
  const runs = (run: () => unknown): number => {
    const own = backend().run;
    let count = 0;
    backend().run = function (this: NativeBackend, ...args: Parameters<typeof own>) {
      count++;
      return own.apply(this, args);
    };
    try {
      run();
    } finally {
      backend().run = own;
    }
    return count;
  };

  /** One attention block: products, transpositions, norm, softmax, with weights of its own. */
  const block = () => {
    const [w, scale, shift] = [random([8, 8], 1), random([8], 2), random([8], 3)];
    return ([x, bias]: readonly tf.Tensor[]): tf.Tensor[] => {
      const [n, t] = x.shape;
      const normed = applyNorm(
        { gamma: scale, beta: shift } as unknown as Parameters<typeof applyNorm>[0],
        x,
      );
      const q = tf.reshape(tf.matMul(tf.reshape(normed, [-1, 8]) as tf.Tensor2D, w as tf.Tensor2D), [
        n,
        t!,
        2,
        4,
      ]);
      const heads = tf.transpose(q, [0, 2, 1, 3]);
      const mixed = tf.matMul(softmax(tf.add(tf.matMul(heads, heads, false, true), bias)), heads);
      return [tf.add(x, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [n, t!, 8])), heads];
    };
  };

  it.each([1, 2, 5])('gives what the kernels give one by one, batch size %i', (n) => {
    const f = block();
    const program = new BatchProgram(f);
    const inputs = [random([n, 3, 8], 4), random([n, 1, 3, 3], 5)];
    const plain = f(inputs).map((t) => t.dataSync());
    program.run(n, inputs);
    let again: tf.Tensor[] = [];
    expect(runs(() => (again = program.run(n, inputs)))).toBe(0);
    again.forEach((t, i) => {
      tf.test_util.expectArraysClose(t.dataSync(), plain[i], 5e-5); // the norm's ε/sd, see fused.ts
    });
    expect(again.map((t) => t.shape)).toEqual(f(inputs).map((t) => t.shape));
    program.dispose();
  });

  it('one recording serves all batch sizes; another form is recorded anew', () => {
    const program = new BatchProgram(block());
    program.run(2, [random([2, 3, 8], 4), random([2, 1, 3, 3], 5)]);
    expect(runs(() => program.run(4, [random([4, 3, 8], 4), random([4, 1, 3, 3], 5)]))).toBe(0);
    expect(runs(() => program.run(1, [random([1, 4, 8], 4), random([1, 1, 4, 4], 5)]))).toBeGreaterThan(0);
    program.dispose();
  });

  it('leaks no tensor', () => {
    const program = new BatchProgram(block());
    const inputs = [random([2, 3, 8], 4), random([2, 1, 3, 3], 5)];
    const before = tf.memory().numTensors;
    tf.dispose(program.run(2, inputs));
    tf.dispose(program.run(2, inputs));
    expect(tf.memory().numTensors).toBe(before);
    program.dispose();
  });

  it('gives values that are results twice, or inputs', () => {
    const program = new BatchProgram(([x]) => {
      const y = tf.relu(x);
      return [x, y, tf.add(y, y), y];
    });
    const results = program.run(1, [tf.tensor2d([[1, -2]])]);
    expect(results.map((t) => Array.from(t.dataSync()))).toEqual([
      [1, -2],
      [1, 0],
      [2, 0],
      [1, 0],
    ]);
    program.dispose();
  });

  it.each([
    ['recorded', (x: tf.Tensor) => tf.mul(tf.relu(x), 2)],
    ['not recordable', (x: tf.Tensor) => tf.mul(tf.topk(x, 1).values, 2)],
  ])('a bound program reads and writes its own memory: %s', (_, f) => {
    const program = new BatchProgram(([x]) => [f(x)]);
    const input = tf.zeros([2, 1]);
    const before = tf.memory().numTensors;
    const { inputs, results, run } = program.bind(2, [input]);
    for (const [x, y] of [
      [3, 5],
      [4, 1],
    ]) {
      inputs[0].set([x, y]);
      run();
      expect(Array.from(results[0])).toEqual([2 * x, 2 * y]);
    }
    expect(Array.from(input.dataSync())).toEqual([4, 1]);
    expect(tf.memory().numTensors).toBe(before);
    program.dispose();
  });

  it('runs kernel by kernel what no graph can hold', () => {
    const sorted = new BatchProgram(([x]) => [tf.topk(x, 2).values]); // a CPU kernel
    const mean = new BatchProgram(([x]) => [tf.mul(x, 1 / x.shape[0])]); // a constant that follows the batch size
    const x = tf.tensor2d([[3, 1, 2]]);
    for (let i = 0; i < 2; i++) {
      expect(Array.from(sorted.run(1, [x])[0].dataSync())).toEqual([3, 2]);
      expect(Array.from(mean.run(1, [x])[0].dataSync())).toEqual([3, 1, 2]);
    }
  });

  it('runs kernel by kernel what reads values', () => {
    const reading = new BatchProgram(([x]) => [tf.mul(x, x.dataSync()[0])]);
    for (const first of [2, 3]) {
      expect([...reading.run(1, [tf.tensor2d([[first, 1]])])[0].dataSync()]).toEqual([first * first, first]);
    }
  });

  it('names an input that does not fit', () => {
    expect(() => new BatchProgram((x) => [...x]).run(2, [tf.ones([3, 1])])).toThrow(
      'the first axis of input 0 must be a multiple of 2, got [3,1]',
    );
  });
});
