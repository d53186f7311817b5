import { applyNorm, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { registerNative } from './index';

const info = await registerNative({ threads: 2 });
const missing = 'unavailable' in info ? info.unavailable : '';

describe.skipIf(missing !== '')(`fused kernels ${missing}`, () => {
  const x = () => tf.randomNormal([3, 5, 64], 1, 2, 'float32', 1);
  const dy = () => tf.randomNormal([3, 5, 64], 0, 1, 'float32', 4);
  const scale = () => tf.randomNormal([64], 1, 0.3, 'float32', 2);
  const shift = () => tf.randomNormal([64], 0, 1, 'float32', 3);
  const norm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
    applyNorm({ gamma, beta } as unknown as Parameters<typeof applyNorm>[0], x);

  it('norm equals the plain form of the CPU backend, gradients too, and leaks nothing', async () => {
    const all = () =>
      tf.tidy(() =>
        [
          norm(x(), scale(), shift()),
          ...tf.grads((a, b, c) => norm(a, b, c))([x(), scale(), shift()], dy()),
        ].map((t) => t.dataSync()),
      );
    await tf.setBackend('cpu');
    const plain = all();
    await tf.setBackend('native');
    const before = tf.memory().numTensors;
    const fused = all();
    expect(tf.memory().numTensors).toBe(before);
    plain.forEach((p, i) => {
      tf.test_util.expectArraysClose(fused[i], p, 2e-4);
    });
  });

  it('norm of a row worked by hand', async () => {
    await tf.setBackend('native');
    const y = norm(tf.tensor2d([[1, 2, 3]]), tf.ones([3]), tf.zeros([3]));
    tf.test_util.expectArraysClose(y.dataSync(), [-1, 0, 1]); // deviation √(2/2)
  });

  it('gives a constant row the gradient 0', async () => {
    await tf.setBackend('native');
    const f = (x: tf.Tensor) => norm(x, tf.ones([3]), tf.zeros([3]));
    const g = tf.grad(f)(tf.fill([1, 3], 4), tf.tensor2d([[1, 1, 1]]));
    tf.test_util.expectArraysClose(g.dataSync(), [0, 0, 0]);
  });

  it('softmax has the gradient of tfjs', async () => {
    const gradient = () =>
      tf
        .grad((x) => tf.mul(softmax(x), dy()))(x())
        .dataSync();
    await tf.setBackend('cpu');
    const plain = gradient();
    await tf.setBackend('native');
    tf.test_util.expectArraysClose(gradient(), plain, 1e-5);
  });

  it('writes fresh positions into a cache in place', async () => {
    await tf.setBackend('native');
    const cache = tf.zeros([2, 1, 3, 2]);
    const fresh = tf.tensor4d([1, 2, 9, 9, 3, 4, 5, 6], [2, 1, 2, 2]);
    tf.engine().runKernel('RacaWriteCache', { cache0: cache, fresh0: fresh }, { at: [1, -1, 2, 0] });
    expect(Array.from(cache.dataSync())).toEqual([0, 0, 1, 2, 0, 0, 5, 6, 0, 0, 3, 4]);
  });
});
