import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../node';
import { expectSame, values, wholes } from './testing';

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
});

describe('broadcasting', () => {
  const shapes = [
    [
      [3, 4],
      [3, 4],
    ],
    [[3, 4], [4]],
    [
      [3, 1],
      [1, 4],
    ],
    [
      [2, 3, 4],
      [3, 1],
    ],
    [
      [2, 1, 4],
      [1, 3, 1],
    ],
    [
      [2, 1, 3, 1, 5],
      [1, 4, 1, 2, 1],
    ], // more groups of axes than our kernel takes
    [
      [2, 1, 9],
      [2, 6, 9],
    ],
    [[], [2, 2]],
    [[3, 5], []],
    [
      [0, 3],
      [1, 3],
    ],
    [[1, 1], [1]],
  ]; // prettier-ignore
  const ops = { add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, min: tf.minimum, max: tf.maximum };
  for (const [name, op] of Object.entries(ops)) {
    it.each(shapes)(`${name} %j %j`, (a, b) => {
      const size = tf.util.sizeFromShape(tf.broadcast_util.assertAndGetBroadcastShape(a!, b!));
      // tfjs has no gradient of minimum and maximum that broadcast
      const gradients = size > 0 && !(name.startsWith('m') && name !== 'mul');
      return expectSame((x, y) => op(x, tf.add(y, 2)), [a!, b!], gradients);
    });
  }
  it('squared difference', () =>
    expectSame(
      (a, b) => tf.squaredDifference(a, b),
      [
        [3, 5],
        [3, 1],
      ],
      false,
    ));
  it('of whole numbers', () => expectSame(() => tf.mul(wholes([3, 4], 9, 1), wholes([4], 9, 2))));
});

describe('sum and mean', () => {
  it.each([
    [[3, 4, 5], undefined],
    [[3, 4, 5], 0],
    [[3, 4, 5], 1],
    [[3, 4, 5], 2],
    [
      [3, 4, 5],
      [0, 2],
    ],
    [
      [3, 4, 5],
      [1, 0],
    ],
    [
      [2, 3, 4, 5],
      [0, 1, 2],
    ],
    [
      [2, 3, 4, 5],
      [1, 3],
    ],
    [[3, 1, 5], 1],
    [[600, 3], 0], // several blocks
    [[3000], 0],
    [[2, 3], []],
  ] as [number[], number | number[] | undefined][])('of %j over %j', async (shape, axis) => {
    await expectSame((x) => tf.sum(x, axis), [shape]);
    await expectSame((x) => tf.mean(x, axis, true), [shape]);
  });

  it('of nothing is 0', async () => {
    await expectSame((x) => tf.sum(x, 1), [[3, 0]], false);
    await expectSame(() => tf.sum(wholes([0, 3], 2, 1), 0));
  });

  it('keeps digits over many rows', () => {
    const mean = tf.tidy(() => tf.mean(tf.fill([1 << 20, 2], 0.1), 0).dataSync());
    expect(mean[0]).toBeCloseTo(0.1, 6);
  });
});

describe('exp', () => {
  // Math.exp is the reference; results are float32.
  const xs = [
    -Infinity,
    -200,
    -104,
    -100,
    -88,
    -50,
    -1,
    -1e-8,
    0,
    1e-8,
    0.5,
    1,
    10,
    50,
    88,
    88.7,
    89,
    Infinity,
    NaN,
  ];
  it('has 6 digits over the whole range', () => {
    const got = tf.tidy(() => tf.exp(tf.tensor1d(xs)).dataSync());
    xs.forEach((x, i) => {
      const expected = Math.fround(Math.exp(Math.fround(x)));
      if (Number.isFinite(expected) && expected > 1e-37) expect(got[i]! / expected).toBeCloseTo(1, 6);
      else if (expected > 0 && expected < 1e-37) expect(got[i]).toBeCloseTo(expected, 40);
      else expect(got[i]).toBe(expected);
    });
  });
  it('in the gradient of softmax', () => expectSame((x) => tf.softmax(tf.mul(x, 5)), [[3, 7]]));
  it('in the gradient of log softmax', () => expectSame((x) => tf.logSoftmax(tf.mul(x, 5)), [[3, 7]]));
});

describe('tile', () => {
  it.each([
    [[3], [2]],
    [
      [2, 3],
      [2, 1],
    ],
    [
      [2, 3],
      [1, 4],
    ],
    [
      [1, 3],
      [5, 2],
    ],
    [
      [2, 1],
      [2, 3],
    ],
    [
      [1, 1, 1, 4],
      [2, 3, 2, 1],
    ],
    [
      [2, 1, 1, 3],
      [1, 2, 2, 2],
    ],
    [
      [1, 2, 1],
      [3, 2, 4],
    ],
    [
      [1, 1],
      [3, 5],
    ],
    [
      [2, 3],
      [1, 1],
    ],
  ])('%j by %j', async (shape, reps) => {
    await expectSame((x) => tf.tile(x, reps!), [shape!]);
    for (const dtype of ['int32', 'bool'] as const) {
      await expectSame(() => tf.tile(wholes(shape!, 2, 1, dtype), reps!));
    }
  });
});

describe('pooling', () => {
  it.each([
    [[2, 7, 7, 3], 3, 2, 'same'],
    [[2, 7, 8, 3], 2, 2, 'valid'],
    [[1, 5, 6, 4], 3, 1, 'same'],
    [[2, 7, 7, 3], 3, 2, 1],
    [[1, 7, 7, 5], 7, 7, 'valid'],
    [[1, 4, 4, 2], 1, 2, 'valid'],
  ] as const)('%j, window %i, stride %i, %s', async (shape, size, stride, pad) => {
    await expectSame((x) => tf.maxPool(x as tf.Tensor4D, size, stride, pad), [shape]);
    await expectSame((x) => tf.avgPool(x as tf.Tensor4D, size, stride, pad), [shape]);
  });
});

describe('batch normalisation', () => {
  it.each([[[2, 3, 3, 5]], [[4, 3]]])('of %j', (shape) => {
    const c = [shape.at(-1)!];
    return expectSame(
      (x, mean, variance, offset, scale) =>
        tf.batchNorm(
          x as tf.Tensor4D,
          mean as tf.Tensor1D,
          tf.add(tf.square(variance), 0.1) as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
          1e-3,
        ),
      [shape, c, c, c, c],
    );
  });
  it('without scale and offset', () =>
    expectSame((x) => tf.batchNorm(x as tf.Tensor2D, tf.zeros([3]), tf.ones([3])), [[4, 3]], false));
});

describe('what the stock kernels get wrong', () => {
  it('casts to bool', () => expectSame(() => tf.cast(tf.tensor1d([0, 256, -3, 0.5, -0], 'float32'), 'bool')));
  it('casts whole numbers to bool', () =>
    expectSame(() => tf.cast(tf.tensor1d([0, 256, -3], 'int32'), 'bool')));
  it('clips whole numbers', () => expectSame(() => tf.clipByValue(tf.tensor1d([-5, 0, 5], 'int32'), -1, 2)));
  it('reverses bool', () => expectSame(() => tf.reverse(wholes([4, 3], 2, 1, 'bool'), 0)));
  it('selects bool', () =>
    expectSame(() =>
      tf.where(wholes([9], 2, 3, 'bool'), wholes([9], 2, 1, 'bool'), wholes([9], 2, 2, 'bool')),
    ));
  it('strides over whole numbers', () =>
    expectSame(() => tf.stridedSlice(wholes([4, 3], 9, 1), [0, 0], [4, 3], [2, 2])));
  it('one-hot of floats', () => expectSame(() => tf.oneHot(wholes([3, 2], 5, 1), 4, 2, -1, 'float32')));
  it('extremes over nothing', () => expectSame(() => tf.any(wholes([3, 0], 2, 1, 'bool'), 1)));
  it('gathers from nothing', () =>
    expectSame(() => tf.gather(wholes([0, 3], 2, 1, 'bool'), wholes([0], 1, 1))));

  it('accumulates along an axis counted from the end', () => {
    const [near, far] = tf.tidy(() => {
      const x = values([3, 4], 1);
      return [tf.cumsum(x, 1).arraySync(), tf.cumsum(x, -1).arraySync()];
    });
    expect(far).toEqual(near);
  });

  it('einsum is there', () =>
    expectSame(
      (a, b) => tf.einsum('bij,bjk->bik', a, b),
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      false,
    ));
  it('names the id that gather cannot find', () => {
    expect(() => tf.tidy(() => tf.gather(values([3, 2], 1), tf.tensor1d([0, 7], 'int32')))).toThrow(
      'GatherV2: the index value 7 is not in [0, 2]',
    );
  });
});
