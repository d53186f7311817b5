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

  it('attention in one kernel equals the plain form, with a bias and with a past', async () => {
    const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
    const [q, k, v] = [random([2, 3, 8], 1), random([2, 5, 8], 2), random([2, 5, 8], 3)];
    const heads = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [2, -1, 2, 4]), [0, 2, 1, 3]);
    const past = [random([2, 2, 4, 4], 4), random([2, 2, 4, 4], 5)];
    const bias = random([2, 1, 3, 9], 6);
    const plain = (keys: tf.Tensor, values: tf.Tensor, bias: tf.Tensor | null) => {
      const raw = tf.mul(tf.matMul(heads(q), keys, false, true), 0.5); // 1/√4
      const mixed = tf.matMul(tf.softmax(bias ? tf.add(raw, bias) : raw), values);
      return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [2, 3, 8]).dataSync();
    };
    await tf.setBackend('native');
    const run = (inputs: Record<string, tf.Tensor>) =>
      (tf.engine().runKernel('RacaAttention', inputs, { heads: 2 }) as tf.Tensor).dataSync();
    const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      tf.test_util.expectArraysClose(Array.from(a), Array.from(b), 1e-5);
    close(run({ q, keys: k, values: v }), plain(heads(k), heads(v), null));
    close(run({ q, keys: heads(k), values: heads(v) }), plain(heads(k), heads(v), null));
    const all = [0, 1].map((i) => tf.concat([past[i], heads([k, v][i])], 2));
    const found = run({ q, keys: k, values: v, bias, pastKeys: past[0], pastValues: past[1] });
    close(found, plain(all[0], all[1], bias));
  });
});
