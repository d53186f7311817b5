import '@tensorflow/tfjs-backend-cpu';
import { existsSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adam, parseSafetensors, stepLr, toFloat32, valueAndGradients } from '../index';
import { largestError } from '../testing';

beforeAll(() => tf.setBackend('cpu').then(() => undefined));

const golden = new URL('../../../../../shared/golden/', import.meta.url);

describe.skipIf(!existsSync(golden))(
  'torch.optim.Adam(amsgrad) on golden values [needs ../shared/golden]',
  () => {
    it.each(['raca-iu', 'raca-mimic'])('%s', (name) => {
      const { tensors } = parseSafetensors(readFileSync(new URL(`${name}/optimizer.safetensors`, golden)));
      const read = (key: string): tf.Tensor =>
        tf.tensor(toFloat32(tensors.get(key)!), [...tensors.get(key)!.shape]);
      const [p1, p2] = [tf.variable(read('p1.0')), tf.variable(read('p2.0'))];
      const adam = new Adam(
        [
          { name: 'a', parameters: new Map([['p1', p1]]), learningRate: 4e-3 },
          { name: 'b', parameters: new Map([['p2', p2]]), learningRate: 6e-2 },
        ],
        { amsgrad: true, weightDecay: 8e-3, clipValue: 0.1, schedule: stepLr(2, 0.9) },
      );
      for (let k = 1; k <= 5; k++) {
        adam.step(
          new Map([
            ['p1', read(`g1.${k}`)],
            ['p2', read(`g2.${k}`)],
          ]),
        );
        adam.epoch++;
        expect(largestError(p1.dataSync(), read(`p1.${k}`).dataSync())).toBeLessThan(1e-6);
        expect(largestError(p2.dataSync(), read(`p2.${k}`).dataSync())).toBeLessThan(1e-6);
      }
    });
  },
);

const single = (): { w: tf.Variable; adam: Adam } => {
  const w = tf.variable(tf.tensor1d([1, -1]));
  return { w, adam: new Adam([{ name: 'all', parameters: new Map([['w', w]]), learningRate: 0.1 }]) };
};

it('moves by the learning rate in the first step, whatever the gradient', () => {
  const { w, adam } = single();
  adam.step(new Map([['w', tf.tensor1d([5, -0.01])]])); // m/√v = sign(g) after bias correction
  expect(largestError(w.dataSync(), [0.9, -0.9])).toBeLessThan(1e-5);
});

it('resumes from its state as if it had not stopped', () => {
  const gradient = (k: number): Map<string, tf.Tensor> =>
    new Map([['w', tf.tensor1d([Math.sin(k), Math.cos(k)])]]);
  const one = single();
  for (let k = 0; k < 6; k++) one.adam.step(gradient(k));
  const two = single();
  for (let k = 0; k < 3; k++) two.adam.step(gradient(k));
  const three = single();
  three.w.assign(two.w);
  three.adam.loadState(two.adam.state());
  for (let k = 3; k < 6; k++) three.adam.step(gradient(k));
  expect(Array.from(three.w.dataSync())).toEqual(Array.from(one.w.dataSync()));
});

it('changes nothing when a gradient is not finite', () => {
  const { w, adam } = single();
  const bad = new Map([['w', tf.tensor1d([1, Number.NaN])]]);
  expect(() => adam.step(bad)).toThrow('the gradient of w is not finite');
  expect(Array.from(w.dataSync())).toEqual([1, -1]);
  expect(() => adam.step(new Map([['v', tf.scalar(1)]]))).toThrow('no parameter is called v');
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'sees one gradient of %f at any place',
  (bad) => {
    const w = tf.variable(tf.zeros([9]));
    const adam = new Adam([{ name: 'all', parameters: new Map([['w', w]]), learningRate: 0.1 }]);
    for (let place = 0; place < 9; place++) {
      const gradient = new Float32Array(9).fill(3e38);
      gradient[place] = bad;
      expect(() => adam.step(new Map([['w', tf.tensor(gradient)]]))).toThrow('is not finite');
    }
    adam.step(new Map([['w', tf.fill([9], 3e38)]]));
    expect(adam.state().get('w/steps')![0]).toBe(1);
  },
);

it('refuses a state of another model', () => {
  const { adam } = single();
  const state = adam.state();
  state.set('w/first', new Float32Array(3));
  expect(() => adam.loadState(state)).toThrow('w/first must have 2 values, found 3');
});

it('gives gradients by our names and leaves no tensor', () => {
  const w = tf.variable(tf.tensor1d([3]));
  const frozen = tf.variable(tf.tensor1d([2]), false);
  const parameters = new Map([
    ['w', w],
    ['frozen', frozen],
  ]);
  const before = tf.memory().numTensors;
  const { value, gradients } = valueAndGradients(() => tf.sum(tf.mul(tf.square(w), frozen)), parameters);
  expect(value.dataSync()[0]).toBe(18);
  expect([...gradients.keys()]).toEqual(['w']);
  expect(gradients.get('w')!.dataSync()[0]).toBe(12); // 2 · 3 · 2
  tf.dispose([value, ...gradients.values()]);
  expect(tf.memory().numTensors).toBe(before);
});
