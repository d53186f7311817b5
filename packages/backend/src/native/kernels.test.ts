import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { nativeKernels, registerNative } from './index';

const info = await registerNative({ threads: 2 });
const missing = 'unavailable' in info ? info.unavailable : '';

type Case = readonly [name: string, f: () => tf.Tensor | tf.Tensor[], kernels?: string];

/** Seeded values in [-2, 2), the same on every backend. */
function values(shape: readonly number[], seed = 1): tf.Tensor {
  let state = seed * 2654435761;
  const xs = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
  return tf.tensor(xs, [...shape]);
}

/** Runs `f` on both backends: same shapes, types and values; outputs must come from the kernels named. */
async function same(f: () => tf.Tensor | tf.Tensor[], tolerance = 1e-4): Promise<void> {
  const results = [];
  for (const name of ['cpu', 'native']) {
    await tf.setBackend(name);
    const before = tf.memory().numTensors;
    const found = tf.tidy(() => [f()].flat());
    results.push(found.map((t) => ({ shape: t.shape, dtype: t.dtype, values: [...t.dataSync()] })));
    tf.dispose(found);
    expect(tf.memory().numTensors).toBe(before);
  }
  const [cpu, native] = results;
  expect(native.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    cpu.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  cpu.forEach((c, i) => {
    const scale = c.values.reduce((max, v) => (Number.isFinite(v) ? Math.max(max, Math.abs(v)) : max), 1);
    tf.test_util.expectArraysClose(native[i].values, c.values, tolerance * scale);
  });
}

const SHAPES = [
  [],
  [1],
  [7],
  [0, 3],
  [3, 5],
  [1, 5],
  [5, 1],
  [33, 65],
  [2, 3, 4],
  [4, 1, 300],
  [2, 1, 3, 500],
];
/** Pairs that broadcast: both ways, in the middle, by a scalar, by size-1 axes, empty. */
const PAIRS: readonly [number[], number[]][] = [
  ...SHAPES.map((s) => [s, s] as [number[], number[]]),
  ...SHAPES.flatMap(
    (s) =>
      [
        [s, []],
        [[], s],
      ] as [number[], number[]][],
  ),
  [[33, 65], [65]],
  [[65], [33, 65]],
  [
    [33, 65],
    [33, 1],
  ],
  [
    [33, 1],
    [1, 65],
  ],
  [
    [2, 3, 1],
    [3, 400],
  ],
  [
    [4, 1, 300],
    [4, 7, 1],
  ],
  [
    [0, 3],
    [1, 3],
  ],
  [
    [3, 1],
    [3, 0],
  ],
];

const BINARY: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  Add: tf.add,
  Sub: tf.sub,
  Multiply: tf.mul,
  RealDiv: (a, b) => tf.div(a, tf.add(tf.abs(b), 0.5)),
  Maximum: tf.maximum,
  Minimum: tf.minimum,
  SquaredDifference: tf.squaredDifference,
  Greater: tf.greater,
  GreaterEqual: tf.greaterEqual,
  Less: tf.less,
  LessEqual: tf.lessEqual,
  Equal: (a, b) => tf.equal(tf.round(a), tf.round(b)),
};

const UNARY: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  Relu: tf.relu,
  Sqrt: (x) => tf.sqrt(tf.abs(x)),
  Rsqrt: (x) => tf.rsqrt(tf.add(tf.abs(x), 0.1)),
  Exp: tf.exp,
  Log: (x) => tf.log(tf.add(tf.abs(x), 0.1)),
  Tanh: tf.tanh,
  Sigmoid: tf.sigmoid,
  Square: tf.square,
  Neg: tf.neg,
  Abs: tf.abs,
  Reciprocal: (x) => tf.reciprocal(tf.add(tf.abs(x), 0.1)),
  Step: (x) => tf.add(tf.step(x, 0.25), tf.step(x)),
  ClipByValue: (x) => tf.clipByValue(x, -0.5, 1),
};

const REDUCE = { Sum: tf.sum, Mean: tf.mean, Max: tf.max, Min: tf.min };
const AXES: readonly [number[], number[] | undefined][] = [
  [[7], undefined],
  [[], undefined],
  [[3, 5], [0]],
  [[3, 5], [1]],
  [[3, 1, 5], [1]],
  [
    [33, 65, 3],
    [0, 1],
  ],
  [
    [33, 5, 7],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [[2, 3, 4, 5], [-1]],
  [[1, 1], [0]],
  [[700, 9], [0]],
];

const MATMULS: readonly [string, number[], number[], boolean, boolean][] = [
  ['plain', [3, 4], [4, 5], false, false],
  ['left transposed', [4, 3], [4, 5], true, false],
  ['right transposed', [3, 4], [5, 4], false, true],
  ['both transposed', [4, 3], [5, 4], true, true],
  ['one row', [1, 129], [129, 1], false, false],
  ['one inner', [17, 1], [1, 33], false, false],
  ['batched', [6, 7, 8], [6, 8, 9], false, false],
  ['batched left', [6, 8, 7], [6, 8, 9], true, false],
  ['batched right', [6, 7, 8], [6, 9, 8], false, true],
  ['batched both', [6, 8, 7], [6, 9, 8], true, true],
  ['heads', [2, 3, 10, 4], [2, 3, 10, 4], false, true],
  ['left broadcast', [1, 7, 8], [6, 8, 9], false, false],
  ['right broadcast', [6, 7, 8], [1, 8, 9], false, false],
  ['right broadcast, transposed', [6, 7, 8], [1, 9, 8], false, true],
  ['right broadcast, left transposed', [6, 8, 7], [1, 8, 9], true, false],
  ['lower rank', [2, 3, 7, 8], [8, 9], false, false],
  ['empty', [0, 4], [4, 5], false, false],
];

const CONVS: readonly [
  string,
  number[],
  number[],
  number | [number, number],
  'same' | 'valid' | number,
  number?,
][] = [
  ['3x3 same', [2, 7, 9, 3], [3, 3, 3, 5], 1, 'same'],
  ['3x3 stride 2', [3, 8, 7, 4], [3, 3, 4, 6], 2, 'same'],
  ['valid', [1, 9, 8, 2], [3, 2, 2, 3], [2, 1], 'valid'],
  ['explicit padding', [2, 6, 6, 1], [5, 5, 1, 2], 2, 2],
  ['1x1', [2, 5, 6, 7], [1, 1, 7, 3], 1, 'valid'],
  ['1x1 stride 2', [2, 5, 6, 7], [1, 1, 7, 3], 2, 'same'],
  ['stride above the filter', [1, 10, 10, 2], [2, 2, 2, 2], 3, 'same'],
  ['dilated', [2, 9, 9, 3], [3, 3, 3, 2], 1, 'same', 2],
  ['one pixel', [1, 1, 1, 1], [3, 3, 1, 1], 1, 'same'],
  ['several chunks', [40, 33, 33, 4], [3, 3, 4, 2], 1, 'same'],
];

const MOVES: readonly Case[] = [
  ...(
    [
      [0, 1],
      [1, 0],
    ] as const
  ).map((p): Case => [`transpose [${p}]`, () => tf.transpose(values([50, 60]), [...p]), 'Transpose']),
  ...[
    [0, 2, 1, 3],
    [3, 2, 1, 0],
    [1, 0, 3, 2],
    [0, 3, 1, 2],
  ].flatMap((p) =>
    [
      [2, 3, 4, 5],
      [5, 6, 7, 16],
      [1, 6, 1, 500],
    ].map((s): Case => [`transpose [${s}] [${p}]`, () => tf.transpose(values(s), p), 'Transpose']),
  ),
  ['transpose integers', () => tf.transpose(tf.cast(values([3, 4]), 'int32'))],
  ['slice rows', () => tf.slice(values([9, 8]), [2, 0], [3, 8]), 'Slice'],
  ['slice columns', () => tf.slice(values([9, 80]), [2, 3], [3, 75]), 'Slice'],
  ['slice a block', () => tf.slice(values([4, 5, 6]), [1, 2, 3], [2, 2, 2]), 'Slice'],
  ['slice nothing', () => tf.slice(values([4, 5]), [1, 2], [0, 2]), 'Slice'],
  [
    'pad',
    () =>
      tf.pad(
        values([3, 4, 5]),
        [
          [1, 2],
          [0, 0],
          [3, 0],
        ],
        7,
      ),
    'PadV2',
  ],
  [
    'pad a wide row',
    () =>
      tf.pad(values([3, 90]), [
        [0, 0],
        [1, 1],
      ]),
    'PadV2',
  ],
  ...[0, 1, 2].map(
    (axis): Case => [
      `concat ${axis}`,
      () => tf.concat([values([2, 3, 4]), values([2, 3, 4], 2), values([2, 3, 4], 3)], axis),
      'Concat',
    ],
  ),
  ['concat unequal', () => tf.concat([values([5, 70]), values([5, 1], 2)], 1), 'Concat'],
  ['concat with nothing', () => tf.concat([values([5, 7]), values([5, 0], 2)], 1), 'Concat'],
  ['stack', () => tf.stack([values([5, 7]), values([5, 7], 2)], 1), 'Concat'],
  ['split', () => tf.split(values([6, 9]), 3, 1), 'SplitV'],
  ['split unevenly', () => tf.split(values([2, 4, 5]), [1, 3], 1), 'SplitV'],
  ['tile', () => tf.tile(values([2, 3, 4]), [3, 1, 2]), 'Tile'],
  ['broadcastTo', () => tf.broadcastTo(values([3, 1, 70]), [2, 3, 4, 70]), 'Tile'],
  ['cast booleans', () => tf.cast(tf.greater(values([30, 7]), 0), 'float32'), 'Cast'],
  ['cast integers', () => tf.cast(tf.cast(values([30, 7]), 'int32'), 'float32'), 'Cast'],
  ['cast to integers', () => tf.cast(values([30, 7]), 'int32'), 'Cast'],
  ['fill', () => [tf.fill([30, 7], 2.5), tf.fill([3], 2, 'int32'), tf.fill([0, 3], 1)], 'Fill'],
  [
    'like',
    () => [
      tf.zerosLike(values([30, 70])),
      tf.onesLike(values([30, 70])),
      tf.onesLike(tf.tensor1d([1], 'int32')),
    ],
    'ZerosLike OnesLike',
  ],
  [
    'oneHot',
    () =>
      tf.oneHot(
        tf.tensor2d(
          [
            [0, 3, 1],
            [2, -1, 7],
          ],
          [2, 3],
          'int32',
        ),
        4,
        2,
        -1,
      ),
    'OneHot',
  ],
  ['oneHot floats', () => tf.oneHot(tf.tensor1d([0, 3, 1], 'int32'), 4, 2, -1, 'float32'), 'OneHot'],
  ...[0, 1, 2].map(
    (axis): Case => [
      `gather ${axis}`,
      () =>
        tf.gather(
          values([3, 4, 70]),
          tf.tensor2d(
            [
              [0, 2],
              [1, 0],
            ],
            [2, 2],
            'int32',
          ),
          axis,
        ),
      'GatherV2',
    ],
  ),
  [
    'gather by batch',
    () =>
      tf.gather(
        values([2, 4, 5]),
        tf.tensor2d(
          [
            [0, 2],
            [1, 0],
          ],
          [2, 2],
          'int32',
        ),
        1,
        1,
      ),
    'GatherV2',
  ],
  [
    'segment sum',
    () => tf.unsortedSegmentSum(values([5, 3, 2]), tf.tensor1d([0, 2, 2, 1, 0], 'int32'), 4),
    'UnsortedSegmentSum',
  ],
  [
    'gradient of gather',
    () => tf.grad((x) => tf.gather(x, tf.tensor1d([1, 1, 0], 'int32')))(values([3, 50])),
    'UnsortedSegmentSum',
  ],
];

const POOLS: readonly [number[], number | [number, number], number, 'same' | 'valid'][] = [
  [[2, 7, 9, 3], 3, 2, 'same'],
  [[2, 8, 8, 5], 2, 2, 'valid'],
  [[1, 5, 4, 70], [3, 2], 1, 'same'],
  [[1, 1, 1, 1], 1, 1, 'valid'],
];

const CASES: readonly Case[] = [
  ...MOVES,
  ...POOLS.flatMap(([s, size, stride, pad]) =>
    (['max', 'avg'] as const).flatMap((kind): Case[] => {
      const f = (x: tf.Tensor) =>
        (kind === 'max' ? tf.maxPool : tf.avgPool)(x as tf.Tensor4D, size, stride, pad);
      const kernel = kind === 'max' ? 'MaxPool' : 'AvgPool';
      return [
        [`${kernel} [${s}]`, () => f(values(s)), kernel],
        [`${kernel} gradient [${s}]`, () => tf.grad((x) => tf.square(f(x)))(values(s)), `${kernel}Grad`],
      ];
    }),
  ),
  ...[[7], [3, 4, 5, 7], [50, 40]].map((s): Case => {
    const n = s[s.length - 1];
    const [m, v, o, k] = [
      () => values([n], 2),
      () => tf.abs(values([n], 3)),
      () => values([n], 4),
      () => values([n], 5),
    ];
    return [
      `batchNorm [${s}]`,
      () => [
        tf.batchNorm(
          values(s),
          m() as tf.Tensor1D,
          v() as tf.Tensor1D,
          o() as tf.Tensor1D,
          k() as tf.Tensor1D,
          0.01,
        ),
        tf.batchNorm(values(s), m() as tf.Tensor1D, v() as tf.Tensor1D),
      ],
      'FusedBatchNorm',
    ];
  }),
  ...CONVS.flatMap(([name, x, w, stride, pad, dilation = 1]): Case[] => {
    const conv = (a: tf.Tensor, b: tf.Tensor) =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad, 'NHWC', dilation);
    return [
      [`conv2d ${name}`, () => conv(values(x), values(w, 2)), 'Conv2D'],
      [
        `fused conv2d ${name}`,
        () =>
          tf.fused.conv2d({
            x: values(x) as tf.Tensor4D,
            filter: values(w, 2) as tf.Tensor4D,
            strides: stride,
            pad,
            dilations: dilation,
            bias: values([w[3]], 3) as tf.Tensor1D,
            activation: 'relu',
          }),
        'FusedConv2D',
      ],
      ...(dilation > 1
        ? []
        : [
            [
              `conv2d gradients ${name}`,
              () => tf.grads((a, b) => tf.square(conv(a, b)))([values(x), values(w, 2)]),
              'Conv2DBackpropFilter Conv2DBackpropInput',
            ] as Case,
          ]),
    ];
  }),
  ...Object.entries(BINARY).flatMap(([name, f]) =>
    PAIRS.map(([a, b]): Case => [`${name} [${a}] [${b}]`, () => f(values(a), values(b, 2)), name]),
  ),
  ...Object.entries(UNARY).flatMap(([name, f]) =>
    [...SHAPES, [40, 50]].map((s): Case => [`${name} [${s}]`, () => f(values(s)), name]),
  ),
  ...Object.entries(REDUCE).flatMap(([name, f]) =>
    AXES.flatMap(([s, axes]) =>
      [false, true].map(
        (keep): Case => [`${name} [${s}] over ${axes} ${keep}`, () => f(values(s), axes, keep), name],
      ),
    ),
  ),
  ...[[5], [1, 1], [33, 65], [2, 3, 4, 98]].map(
    (s): Case => [`Softmax [${s}]`, () => tf.softmax(values(s)), 'Softmax'],
  ),
  [
    'Softmax of a masked row',
    () => tf.softmax(tf.add(values([4, 9]), tf.mul(-1e9, tf.cast(tf.greater(values([9], 3), 0), 'float32')))),
    'Softmax',
  ],
  ...MATMULS.map(
    ([name, a, b, ta, tb]): Case => [
      `matMul ${name}`,
      () => tf.matMul(values(a), values(b, 2), ta, tb),
      'BatchMatMul',
    ],
  ),
  ...(['linear', 'relu', 'elu', 'sigmoid', 'relu6', 'leakyrelu', 'prelu'] as const).flatMap((activation) =>
    [
      [7, 8],
      [3, 7, 8],
    ].map(
      (a): Case => [
        `fused matMul [${a}] ${activation}`,
        () =>
          tf.fused.matMul({
            a: values(a),
            b: values([...a.slice(0, -2), 8, 9], 2),
            bias: values([9], 3),
            activation,
            leakyreluAlpha: 0.3,
            preluActivationWeights: values([9], 4),
          } as Parameters<typeof tf.fused.matMul>[0]),
        '_FusedMatMul',
      ],
    ),
  ),
  [
    'where',
    () => tf.where(tf.greater(values([33, 65]), 0), values([33, 65], 2), values([33, 65], 3)),
    'Select',
  ],
  [
    'NaN stays',
    () =>
      [tf.relu, tf.abs, tf.step].map((f) =>
        f(tf.tensor1d([Number.NaN, 1, -1, 0, -0, 1e-40, Number.POSITIVE_INFINITY])),
      ),
    'Step',
  ],
  ['NaN in reductions', () => [tf.max, tf.min, tf.sum].map((f) => f(tf.tensor1d([1, Number.NaN, 3]))), 'Max'],
  [
    'NaN in pools',
    () => tf.maxPool(tf.tensor4d([Number.NaN, 1, 2, 3], [1, 2, 2, 1]), 2, 1, 'valid'),
    'MaxPool',
  ],
  ['max over the middle', () => [tf.max(values([6, 70, 5]), 1), tf.min(values([6, 7, 5]), [0, 2])], 'Max'],
  [
    'infinities',
    () => [tf.exp, tf.sigmoid, tf.tanh].map((f) => f(tf.fill([2000], Number.POSITIVE_INFINITY))),
    'Exp',
  ],
  ['far from zero', () => [tf.exp, tf.sigmoid, tf.tanh].map((f) => f(tf.fill([2000], -40))), 'Exp'],
  [
    'booleans cast to floats',
    () => tf.matMul(tf.cast(tf.greater(values([5, 6]), 0), 'float32'), values([6, 7])),
    'Cast',
  ],
  [
    'integers stay integers',
    () => [tf.add(tf.tensor1d([1, 2], 'int32'), 3), tf.sum(tf.tensor1d([1, 2], 'int32'))],
    'Add',
  ],
];

describe.skipIf(missing !== '')(`native kernels equal those of the CPU backend ${missing}`, () => {
  it.each(CASES.map(([name, f]) => ({ name, f })))('$name', ({ f }) => same(f));

  it('multiplies where both sides broadcast (the CPU backend does not)', async () => {
    await tf.setBackend('native');
    const [a, b] = [values([2, 1, 7, 8]), values([1, 3, 8, 9], 2)];
    const wide = tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1]));
    tf.test_util.expectArraysClose(tf.matMul(a, b).dataSync(), wide.dataSync());
  });

  it('covers every kernel of the table', () => {
    const covered = new Set(CASES.flatMap(([, , kernel]) => kernel?.split(' ') ?? []));
    expect(Object.keys(nativeKernels).filter((k) => !covered.has(k))).toEqual([]);
  });
});
