import '@tensorflow/tfjs-layers'; // registers the gradients
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { useBackend } from '../node';
import { KERNELS_SOURCE_SHA256 } from './kernels.bytes';
import { values, wholes } from './testing';

type Weights = Record<string, tf.Variable>;

/** Shapes of a small net: image to 16 places of width 8, text of 5 tokens attending to them. */
const SHAPES = {
  filter: [3, 3, 1, 8],
  scale: [8],
  offset: [8],
  embedding: [11, 8],
  q: [8, 8],
  k: [8, 8],
  out: [8, 11],
};

function makeWeights(): Weights {
  const entries = Object.entries(SHAPES).map(([name, shape], i) => [name, tf.variable(values(shape, i + 1))]);
  return Object.fromEntries(entries) as Weights;
}

/** Cross-entropy of the next token. Axes: b batch of 3, p places, t tokens, d = 8. */
function loss(w: Weights): tf.Scalar {
  const image = values([3, 8, 8, 1], 50) as tf.Tensor4D;
  const tokens = wholes([3, 5], 11, 51);
  const map = tf.conv2d(image, w.filter as tf.Tensor4D, 2, 'same');
  const { mean, variance } = tf.moments(map, [0, 1, 2]);
  const normal = tf.batchNorm(
    map,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    w.offset as tf.Tensor1D,
    w.scale as tf.Tensor1D,
  );
  const memory = tf.reshape(tf.maxPool(tf.relu(normal), 2, 1, 'same'), [3, 16, 8]); // [b, p, d]
  const text = tf.gather(w.embedding!, tokens); // [b, t, d]
  const project = (x: tf.Tensor, m: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.matMul(tf.reshape(x, [-1, 8]), m), [3, x.shape[1]!, m.shape[1]!]);
  const scores = tf.matMul(project(text, w.q!), project(memory, w.k!), false, true);
  const read = tf.add(text, tf.matMul(tf.softmax(scores), memory));
  const logits = tf.logSoftmax(project(read, w.out!));
  return tf.neg(tf.mean(tf.mul(tf.oneHot(tokens, 11), logits))) as tf.Scalar;
}

async function train(backend: string, steps: number): Promise<number[][]> {
  await tf.setBackend(backend);
  const weights = makeWeights();
  const optimizer = tf.train.momentum(0.5, 0.9);
  const before = tf.memory().numTensors;
  let first = 0;
  for (let i = 0; i < steps; ++i) {
    optimizer.minimize(() => loss(weights));
    if (i === 0) first = tf.memory().numTensors;
  }
  expect(tf.memory().numTensors).toBe(first);
  expect(first - before).toBe(Object.keys(SHAPES).length); // the momenta
  const result = Object.values(weights).map((w) => [...w.dataSync()]);
  tf.dispose(weights);
  optimizer.dispose();
  return result;
}

it('trains to the weights of the cpu backend', async () => {
  await useBackend({ prefer: ['wasm'] });
  const expected = await train('cpu', 3);
  const got = await train('wasm', 3);
  for (const [i, g] of got.entries()) tf.test_util.expectArraysClose(g, expected[i]!, 1e-4);
});

it('needs no more memory after 200 steps', async () => {
  await useBackend({ prefer: ['wasm'] });
  const heap = (): number => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
  await train('wasm', 5);
  const bytes = heap();
  await train('wasm', 200);
  expect(heap()).toBe(bytes);
});

it('holds bytes made from the sources beside them', () => {
  const folder = new URL('../../assembly/', import.meta.url);
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(readFileSync(new URL(file, folder)));
  expect(hash.digest('hex'), 'run `node scripts/assembly.mjs`').toBe(KERNELS_SOURCE_SHA256);
});
