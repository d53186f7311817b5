import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** What is compared: a function of tensors. */
export type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Seeded values in [low, high). */
export function values(shape: readonly number[], seed: number, low = -1, high = 1): tf.Tensor {
  return tf.randomUniform([...shape], low, high, 'float32', seed);
}

/** Seeded whole numbers in [0, high) of a type. */
export function wholes(shape: number[], high: number, seed: number, dtype: tf.DataType = 'int32'): tf.Tensor {
  return tf.cast(tf.randomUniform(shape, 0, high, 'int32', seed), dtype);
}

/**
 * Shape and values of `op`, then of its gradients, on one backend. The loss weighs the elements of the
 * output differently, so that a mix-up of places shows. Fails if a tensor or its memory is left behind.
 */
export async function run(
  backend: string,
  op: Op,
  shapes: readonly (readonly number[])[],
  gradients: boolean,
): Promise<number[][]> {
  await tf.setBackend(backend);
  if (backend === 'wasm') dirtyHeap();
  const before = [tf.memory().numTensors, tf.memory().numDataBuffers];
  const results = tf.tidy(() => {
    const inputs = shapes.map((shape, i) => values(shape, i + 1));
    const loss = (...xs: tf.Tensor[]): tf.Scalar => {
      const y = op(...xs);
      return tf.sum(tf.mul(y, values(y.shape, 99)));
    };
    const all = [op(...inputs), ...(gradients ? tf.grads(loss)(inputs) : [])];
    return all.map((t) => [...t.shape, ...t.dataSync()]);
  });
  expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual(before);
  return results;
}

/** Checks `op` on wasm against tfjs's CPU backend, within 1e-4. */
export async function expectSame(
  op: Op,
  shapes: readonly (readonly number[])[] = [],
  gradients = shapes.length > 0,
): Promise<void> {
  const expected = await run('cpu', op, shapes, gradients);
  const got = await run('wasm', op, shapes, gradients);
  expect(got.length).toBe(expected.length);
  got.forEach((g, i) => {
    expect(g.length).toBe(expected[i]!.length);
    tf.test_util.expectArraysClose(g, expected[i]!, 1e-4);
  });
}

/** Leaves freed blocks full of a number nobody expects, so that a result that is never written shows. */
function dirtyHeap(): void {
  for (const size of [1, 2, 4, 8, 16, 64, 256, 4096]) tf.dispose(tf.fill([size], 12345));
}
