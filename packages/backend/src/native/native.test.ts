import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import type { NativeBackend } from './backend';
import { loadBinding, type OrtBinding, ortTensor } from './binding';
import { registerNative } from './index';
import { encodeModel } from './onnx-bytes';

const absent = await registerNative({
  load: () => Promise.reject(new Error("Cannot find package 'x'\nsecond line")),
});
const info = await registerNative({ threads: 2 });
const missing = 'unavailable' in info ? info.unavailable : '';
const native = () => tf.findBackend('native') as NativeBackend;

it('tells in one line why it is unavailable and throws nothing', () => {
  expect(absent).toEqual({ unavailable: "Cannot find package 'x'" });
});

it('refuses threads that are no count', async () => {
  await expect(registerNative({ threads: 0 })).resolves.toEqual(info); // the first registration stays
});

describe.skipIf(missing !== '')(`native backend ${missing}`, () => {
  it('knows the binding of the pinned release', async () => {
    const ort: OrtBinding = await loadBinding();
    const methods = Object.getOwnPropertyNames(ort.binding.InferenceSession.prototype);
    for (const name of ['loadModel', 'run', 'dispose', 'inputMetadata', 'outputMetadata']) {
      expect(methods).toContain(name);
    }
    expect(ort.initOrt).toBeTypeOf('function');
  });

  it('writes results into the arrays it is given', async () => {
    await tf.setBackend('native');
    const values = Float32Array.from({ length: 5000 }, (_, i) => i);
    const whole = new Float32Array(5002).fill(-1);
    native().run(
      'identity test',
      () => ({
        nodes: [{ op: 'Neg', inputs: ['a'], outputs: ['y'] }],
        inputs: { a: 'float32' },
        outputs: { y: 'float32' },
      }),
      [[[5000], values]],
      [[[5000], whole.subarray(1, 5001)]],
    );
    expect([whole[0], whole[1], whole[5000], whole[5001]]).toEqual([-1, -0, -4999, -1]);
  });

  it('reports a run that fails, large or small', async () => {
    await tf.setBackend('native');
    const graph = () => ({
      nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
      inputs: { a: 'float32' as const, b: 'float32' as const },
      outputs: { y: 'float32' as const },
    });
    for (const n of [4, 40_000]) {
      const shaped = (length: number) => [[length], new Float32Array(length)] as const;
      expect(() => native().run('failing test', graph, [shaped(n), shaped(n)], [shaped(n + 1)])).toThrow(
        /shape/,
      );
      expect(() => native().run('failing test', graph, [shaped(n), shaped(n - 1)], [shaped(n)])).toThrow(
        /Add/,
      );
    }
  });

  it('can end a call before the binding copies a large result', async () => {
    const ort = await loadBinding();
    const { InferenceSession } = ort.binding;
    const model = encodeModel({
      nodes: [
        { op: 'SequenceEmpty', inputs: [], outputs: ['stop'] },
        { op: 'Neg', inputs: ['a'], outputs: ['y'] },
      ],
      inputs: { a: 'float32' },
      outputs: { stop: 'sequence', y: 'float32' },
    });
    const session = new InferenceSession();
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, {});
    const y = new Float32Array(2);
    const run = () =>
      session.run({ a: ortTensor([2], Float32Array.of(1, 2)) }, { stop: null, y: ortTensor([2], y) }, {});
    // The message that Program.run expects: another one means that the binding has changed.
    expect(run).toThrow('Non tensor type is temporarily not supported.');
    expect([...y]).toEqual([-1, -2]);
    session.dispose();
  });

  it('gives results that a reader may keep', async () => {
    await tf.setBackend('native');
    const read = tf.tidy(() => tf.add(tf.ones([3000]), 1).dataSync());
    tf.tidy(() => tf.add(tf.ones([3000]), 6)); // would take the same buffer
    expect([read[0], read[2999], read.buffer.byteLength]).toEqual([2, 2, 12000]);
  });

  it('keeps slices, reshapes and clones of disposed tensors alive', async () => {
    await tf.setBackend('native');
    const whole = tf.add(tf.range(0, 4000), 0.5);
    const views = [tf.slice(whole, 1000, 2000), tf.reshape(whole, [40, 100]), tf.clone(whole)];
    tf.dispose(whole);
    tf.tidy(() => tf.mul(tf.ones([4000]), -1));
    expect(views.map((v) => v.dataSync()[5])).toEqual([1005.5, 5.5, 5.5]);
    tf.dispose(views);
  });

  it('aliases nothing in a random program', async () => {
    const run = async (backend: string): Promise<number[]> => {
      await tf.setBackend(backend);
      let state = 9;
      const next = (n: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * n);
      };
      let live: tf.Tensor2D[] = [
        tf.tensor2d(
          Array.from({ length: 1200 }, (_, i) => Math.sin(i)),
          [30, 40],
        ),
      ];
      const ops: ((a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor)[] = [
        (a, b) =>
          tf.pad(tf.tanh(tf.matMul(a, b, false, true)), [
            [0, 0],
            [0, 10],
          ]),
        (a, b) => tf.div(tf.add(a, b), 2),
        (a) => tf.reshape(tf.transpose(a), [30, 40]),
        (a) => tf.concat([tf.slice(a, [15, 0], [15, 40]), tf.slice(a, [0, 0], [15, 40])]),
        (a, b) => tf.sub(a, tf.mean(b, 1, true)),
        (a) => tf.relu(tf.clone(a)),
      ];
      for (let i = 0; i < 300; i++) {
        live.push(
          tf.tidy(
            () => ops[next(ops.length)](live[next(live.length)], live[next(live.length)]) as tf.Tensor2D,
          ),
        );
        while (live.length > 6) live.splice(next(live.length), 1)[0].dispose();
      }
      const sums = live.flatMap((t) => [...t.dataSync()]);
      tf.dispose(live);
      live = [];
      return sums;
    };
    const [cpu, ours] = [await run('cpu'), await run('native')];
    tf.test_util.expectArraysClose(ours, cpu, 1e-3);
  });

  it('has the gradients of the CPU backend', async () => {
    const gradients: number[][] = [];
    for (const name of ['cpu', 'native']) {
      await tf.setBackend(name);
      const [x, w, f] = [
        tf.randomNormal([6, 9, 9, 3], 0, 1, 'float32', 3),
        tf.randomNormal([3, 3, 3, 5], 0, 1, 'float32', 4),
        tf.randomNormal([5, 7], 0, 1, 'float32', 5),
      ];
      const loss = (x: tf.Tensor, w: tf.Tensor, f: tf.Tensor) => {
        const c = tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'));
        const logits = tf.matMul(tf.reshape(c, [-1, 5]), f as tf.Tensor2D);
        const attention = tf.matMul(tf.softmax(tf.matMul(logits, logits, false, true)), logits, false, false);
        return tf.sum(tf.square(tf.sub(tf.logSoftmax(attention), tf.mean(logits, 1, true)))) as tf.Scalar;
      };
      gradients.push(
        tf
          .grads(loss)([x, w, f])
          .flatMap((g) => [...g.dataSync()]),
      );
    }
    const scale = Math.max(...gradients[0].map(Math.abs));
    tf.test_util.expectArraysClose(
      gradients[1].map((g) => g / scale),
      gradients[0].map((g) => g / scale),
      1e-4,
    );
  });

  const train = (steps: number, atStep: (step: number) => void = () => {}): Float32Array => {
    const w = tf.variable(tf.randomNormal([40, 50], 0, 0.1, 'float32', 7));
    const x = tf.randomNormal([64, 40], 0, 1, 'float32', 8);
    const optimizer = tf.train.adam(1e-2);
    for (let i = 0; i < steps; i++) {
      optimizer.minimize(() => tf.mean(tf.square(tf.sub(tf.softmax(tf.matMul(x, w)), 0.1))) as tf.Scalar);
      atStep(i);
    }
    const result = w.dataSync() as Float32Array;
    optimizer.dispose();
    tf.dispose([w, x]);
    return result;
  };

  it('leaks neither tensors nor buffers over 200 steps and repeats bit by bit', async () => {
    await tf.setBackend('native');
    const counts: number[][] = [];
    const first = train(200, () => counts.push([tf.memory().numTensors, native().pool.leased]));
    expect(counts[199]).toEqual(counts[2]);
    expect(train(200)).toEqual(first);
  });
});
