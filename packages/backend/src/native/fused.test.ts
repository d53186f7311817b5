import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { plainLayerNorm } from './fused';
import { layerNorm, registerNative, softmax } from './index';

const info = await registerNative({ threads: 2 });
const missing = 'unavailable' in info ? info.unavailable : '';

describe.skipIf(missing !== '')(`fused operations ${missing}`, () => {
  const x = () => tf.randomNormal([3, 5, 64], 1, 2, 'float32', 1);
  const scale = () => tf.randomNormal([64], 1, 0.3, 'float32', 2) as tf.Tensor1D;
  const shift = () => tf.randomNormal([64], 0, 1, 'float32', 3) as tf.Tensor1D;
  const dy = () => tf.randomNormal([3, 5, 64], 0, 1, 'float32', 4);

  it.each(['variance', 'deviation'] as const)(
    'layer norm by %s equals the plain form, gradients too',
    async (form) => {
      type F = (x: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
      const all = (f: F) => [f(x(), scale(), shift()), ...tf.grads(f)([x(), scale(), shift()], dy())];
      await tf.setBackend('cpu');
      const plain = all((x, a, b) => plainLayerNorm(x, a as tf.Tensor1D, b as tf.Tensor1D, 1e-3, form)).map(
        (t) => t.dataSync(),
      );
      await tf.setBackend('native');
      const before = tf.memory().numTensors;
      const fused = tf.tidy(() =>
        all((x, a, b) => layerNorm(x, a as tf.Tensor1D, b as tf.Tensor1D, { form, epsilon: 1e-3 })).map((t) =>
          t.dataSync(),
        ),
      );
      expect(tf.memory().numTensors).toBe(before);
      plain.forEach((p, i) => {
        tf.test_util.expectArraysClose(fused[i], p, 2e-4);
      });
    },
  );

  it('layer norm of a row worked by hand', async () => {
    await tf.setBackend('native');
    const one = tf.ones([3]) as tf.Tensor1D;
    const y = layerNorm(tf.tensor2d([[1, 2, 3]]), one, tf.zeros([3]) as tf.Tensor1D, { epsilon: 0 });
    tf.test_util.expectArraysClose(y.dataSync(), [-1, 0, 1]); // deviation √(2/2)
  });

  it('gives a constant row the gradient 0', async () => {
    await tf.setBackend('native');
    const [one, zero] = [tf.ones([3]) as tf.Tensor1D, tf.zeros([3]) as tf.Tensor1D];
    const g = tf.grad((x) => layerNorm(x, one, zero))(tf.fill([1, 3], 4), tf.tensor2d([[1, 1, 1]]));
    tf.test_util.expectArraysClose(g.dataSync(), [0, 0, 0]);
  });

  it('softmax has the gradient of tfjs', async () => {
    const weights = () => tf.randomNormal([3, 5, 64], 0, 1, 'float32', 4);
    await tf.setBackend('cpu');
    const plain = tf
      .grad((x) => tf.mul(tf.softmax(x), weights()))(x())
      .dataSync();
    await tf.setBackend('native');
    tf.test_util.expectArraysClose(
      tf
        .grad((x) => tf.mul(softmax(x), weights()))(x())
        .dataSync(),
      plain,
      1e-5,
    );
  });

  it('falls back to the plain form on another backend', async () => {
    await tf.setBackend('cpu');
    const plain = plainLayerNorm(x(), scale(), shift(), 1e-6, 'deviation').dataSync();
    expect(layerNorm(x(), scale(), shift()).dataSync()).toEqual(plain);
  });
});
