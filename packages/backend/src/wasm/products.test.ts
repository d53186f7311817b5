import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { useBackend } from '../node';
import { expectSame, type Op, run } from './testing';

// The CPU backend of tfjs is the other program that every value here is compared with.
beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
});

describe('matMul', () => {
  const sizes = [
    [1, 1, 1], // one element
    [4, 8, 16], // whole tiles
    [5, 9, 3], // edges everywhere
    [3, 16, 7], // few rows: B read in place
    [100, 33, 300], // two blocks of k, two of m
    [2, 1030, 5], // two blocks of n
  ];
  for (const [m, n, k] of sizes as [number, number, number][]) {
    for (const [ta, tb] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      it(`[${m},${k}] x [${k},${n}], transposed ${ta} ${tb}`, () =>
        expectSame((a, b) => tf.matMul(a, b, ta, tb), [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]]));
    }
  }

  it('batches', () =>
    expectSame(
      (a, b) => tf.matMul(a, b, false, true),
      [
        [2, 3, 5, 7],
        [2, 3, 4, 7],
      ],
    ));

  it.each([
    [
      [1, 5, 7],
      [3, 7, 4],
    ],
    [
      [3, 5, 7],
      [1, 7, 4],
    ],
    [
      [2, 3, 5, 7],
      [3, 7, 4],
    ],
    [
      [3, 5, 7],
      [7, 4],
    ],
  ])('broadcasts batches %j x %j', (a, b) => expectSame((x, y) => tf.matMul(x, y), [a, b], false));

  it('broadcasts both sides of a batch, where the cpu backend is wrong', async () => {
    const tiled: Op = (x, y) => tf.matMul(tf.tile(x, [1, 3, 1, 1]), tf.tile(y, [2, 1, 1, 1]));
    const shapes = [
      [2, 1, 5, 7],
      [1, 3, 7, 4],
    ];
    const [expected] = await run('cpu', tiled, shapes, false);
    const [got] = await run('wasm', (x, y) => tf.matMul(x, y), shapes, false);
    tf.test_util.expectArraysClose(got!, expected!, 1e-4);
  });

  it('broadcasts with A transposed', () =>
    expectSame(
      (x, y) => tf.matMul(x, y, true, true),
      [
        [3, 7, 5],
        [1, 4, 7],
      ],
      false,
    ));

  it.each([
    [
      [0, 3],
      [3, 4],
    ],
    [
      [2, 0],
      [0, 4],
    ],
    [
      [2, 3],
      [3, 0],
    ],
    [
      [0, 2, 3],
      [0, 3, 4],
    ],
  ])('of empty matrices %j x %j', (a, b) => expectSame((x, y) => tf.matMul(x, y), [a, b], false));

  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid'] as const)('with bias and %s', (activation) =>
    expectSame(
      (a, b, bias) => tf.fused.matMul({ a, b, bias, activation, transposeB: true }),
      [[7, 6], [5, 6], [5]],
    ),
  );
});

describe('conv2d', () => {
  it.each([
    ['3 x 3, stride 2, one channel', [2, 11, 11, 1], [3, 3, 1, 16], 2, 'same', 1],
    ['3 x 3, stride 2', [2, 7, 9, 6], [3, 3, 6, 5], 2, 'same', 1],
    ['3 x 3, stride 1', [1, 6, 5, 4], [3, 3, 4, 8], 1, 'same', 1],
    ['valid, even filter', [2, 6, 7, 3], [2, 4, 3, 5], [1, 2], 'valid', 1],
    ['dilated', [1, 9, 9, 3], [3, 3, 3, 4], 1, 'same', 2],
    ['padded by 3', [1, 8, 8, 3], [7, 7, 3, 4], 2, 3, 1],
    ['wide, by our own kernel', [2, 9, 7, 33], [3, 3, 33, 5], 2, 'same', 1],
    ['wide and dilated', [2, 9, 7, 33], [3, 3, 33, 5], 1, 'same', 2],
    ['wide and pointwise', [2, 5, 5, 40], [1, 1, 40, 9], 1, 'valid', 1],
    ['pointwise', [2, 5, 5, 7], [1, 1, 7, 9], 1, 'valid', 1],
    ['pointwise, stride 2', [2, 5, 5, 7], [1, 1, 7, 9], 2, 'valid', 1],
    ['filter larger than image', [1, 2, 2, 3], [3, 3, 3, 2], 1, 'same', 1],
    ['more pixels than fit at once', [3, 16, 16, 2], [3, 3, 2, 3], 1, 'same', 1],
  ] as const)('%s', (_, x, filter, strides, pad, dilations) => {
    const op = (a: tf.Tensor, f: tf.Tensor): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, f as tf.Tensor4D, strides as number, pad, 'NHWC', dilations);
    return expectSame(op, [[...x], [...filter]], dilations === 1);
  });

  it.each(['linear', 'relu', 'relu6', 'elu'] as const)('with bias and %s', (activation) =>
    expectSame(
      (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 2,
          pad: 'same',
          bias,
          activation,
        }),
      [[2, 7, 7, 32], [3, 3, 32, 5], [5]],
    ),
  );

  it('transposed', () =>
    expectSame(
      (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [2, 8, 8, 3], 2, 'same'),
      [
        [2, 4, 4, 5],
        [3, 3, 3, 5],
      ],
    ));

  it('depthwise', () =>
    expectSame(
      (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 'same'),
      [
        [2, 7, 7, 3],
        [3, 3, 3, 2],
      ],
    ));
});

describe('gather', () => {
  const ids = [3, 0, 3, 3, 1];
  it('sums rows picked twice', () => expectSame((x) => tf.gather(x, tf.tensor1d(ids, 'int32')), [[5, 7]]));
  it('along a later axis, ids of rank 2', () =>
    expectSame(
      (x) =>
        tf.gather(
          x,
          tf.tensor2d(
            [
              [0, 2],
              [2, 2],
            ],
            [2, 2],
            'int32',
          ),
          1,
        ),
      [[2, 3, 5]],
    ));
  it('drops ids out of range', () =>
    expectSame((x) => tf.unsortedSegmentSum(x, tf.tensor1d([0, -1, 2, 9, 0], 'int32'), 3), [[5, 6]], false));
});
