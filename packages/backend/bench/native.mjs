#!/usr/bin/env node
/**
 * Median milliseconds of single operations on the native, WASM and CPU backends, one JSON line an operation:
 *   node bench/native.mjs [--backends native,wasm,cpu] [--only REGEX] [--threads N] [--spin] [--crossover N]
 * Build the package first. The shapes are those of RACA: batch 16, 98 patches, 60 tokens.
 */
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { registerNative } from '../dist/node.js';

const { values: flags } = parseArgs({
  options: {
    backends: { type: 'string', default: 'native,wasm,cpu' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    spin: { type: 'boolean', default: false },
    crossover: { type: 'string' },
  },
});
const backends = flags.backends.split(',');
if (backends.includes('native')) {
  const info = await registerNative({
    threads: Number(flags.threads),
    spin: flags.spin,
    ...(flags.crossover && { crossover: Number(flags.crossover) }),
  });
  if ('unavailable' in info) throw new Error(info.unavailable);
}
/** Backends beyond this many multiplications an operation are not asked: they would take minutes. */
const LIMIT = { native: Infinity, wasm: 2e9, cpu: 1e8 };

const random = (shape) => tf.randomUniform(shape, -1, 1, 'float32', 1);
const product = (a, b, tA, tB) => {
  const [m, k] = tA ? a.slice(-2).reverse() : a.slice(-2);
  const n = tB ? b.at(-2) : b.at(-1);
  const batch = Math.max(
    a.slice(0, -2).reduce((x, y) => x * y, 1),
    b.slice(0, -2).reduce((x, y) => x * y, 1),
  );
  return {
    op: `matMul${tA ? ' aT' : ''}${tB ? ' bT' : ''}`,
    shapes: [a, b],
    flop: 2 * batch * m * k * n,
    f: (x, y) => tf.matMul(x, y, tA, tB),
  };
};
const convolution = (x, w, stride) => {
  const out = Math.ceil(x[1] / stride);
  const flop = 2 * x[0] * out * out * w.reduce((a, b) => a * b, 1);
  const conv = (a, b) => tf.conv2d(a, b, stride, 'same');
  const dy = [x[0], out, out, w[3]];
  return [
    { op: 'conv2d', shapes: [x, w], flop, f: conv },
    {
      op: 'conv2d with gradients',
      shapes: [x, w, dy],
      flop: 3 * flop,
      f: (a, b, c) => tf.grads(conv)([a, b], c),
    },
  ];
};
const unary = (op, shape, f) => ({ op, shapes: [shape], f });
const layerNorm = (x) => {
  const c = tf.sub(x, tf.mean(x, -1, true));
  return tf.div(c, tf.sqrt(tf.add(tf.mean(tf.square(c), -1, true), 1e-6)));
};

const sizes = [
  { d: 96, heads: 4, ff: 96, p: 98 },
  { d: 512, heads: 8, ff: 512, p: 98 },
];
const CASES = [
  ...sizes.flatMap(({ d, heads, ff, p }) => [
    product([16 * p, d], [d, ff], false, false),
    product([16 * p, d], [ff, d], false, true),
    product([16 * p, d], [16 * p, ff], true, false),
    product([16, heads, p, d / heads], [16, heads, p, d / heads], false, true),
    product([16, heads, p, p], [16, heads, p, d / heads], false, false),
    product([16, heads, p, p], [16, heads, p, d / heads], true, false),
    {
      op: 'add',
      shapes: [
        [16, p, d],
        [16, p, d],
      ],
      f: tf.add,
    },
    { op: 'add a row', shapes: [[16, p, d], [d]], f: tf.add },
    {
      op: 'subtract a column',
      shapes: [
        [16, p, d],
        [16, p, 1],
      ],
      f: tf.sub,
    },
    unary('exp', [16, p, d], tf.exp),
    unary('relu', [16, p, d], tf.relu),
    unary('relu with gradient', [16, p, d], tf.grad(tf.relu)),
    unary('sum over rows', [16 * p, d], (x) => tf.sum(x, 0)),
    unary('mean over columns', [16 * p, d], (x) => tf.mean(x, 1)),
    unary('softmax', [16, heads, p, p], (x) => tf.softmax(x)),
    unary(
      'softmax with gradient',
      [16, heads, p, p],
      tf.grad((x) => tf.softmax(x)),
    ),
    unary('split heads', [16, p, heads, d / heads], (x) => tf.transpose(x, [0, 2, 1, 3])),
    unary('layer norm with gradient', [16, p, d], tf.grad(layerNorm)),
    unary('gather', [761, d], (x) => tf.gather(x, tf.cast(tf.linspace(0, 760, 960), 'int32'))),
    unary(
      'gather with gradient',
      [761, d],
      tf.grad((x) => tf.gather(x, tf.cast(tf.linspace(0, 760, 960), 'int32'))),
    ),
    {
      op: 'concat columns',
      shapes: [
        [16 * p, d],
        [16 * p, d],
      ],
      f: (a, b) => tf.concat([a, b], 1),
    },
    unary('slice columns', [16 * p, d], (x) => tf.slice(x, [0, 0], [16 * p, d / 2])),
    unary('tile', [1, p, d], (x) => tf.tile(x, [16, 1, 1])),
  ]),
  product([16 * 98, 2048], [2048, 512], false, false),
  product([960, 512], [512, 761], false, false),
  unary(
    'log softmax with gradient',
    [960, 761],
    tf.grad((x) => tf.logSoftmax(x)),
  ),
  ...convolution([32, 112, 112, 3], [3, 3, 3, 16], 2),
  ...convolution([32, 56, 56, 16], [3, 3, 16, 32], 2),
  ...convolution([32, 28, 28, 32], [3, 3, 32, 64], 2),
  ...convolution([32, 14, 14, 64], [3, 3, 64, 64], 1),
  ...convolution([32, 7, 7, 128], [3, 3, 128, 128], 1),
  ...[1, 64, 256, 1024, 2048, 4096, 16384].map((n) => ({ op: 'add', shapes: [[n], [n]], f: tf.add })),
  ...[1, 64, 256, 1024, 2048, 4096, 16384].map((n) => unary('tanh', [n], tf.tanh)),
];

for (const { op, shapes, flop, f } of CASES) {
  if (!new RegExp(flags.only).test(op)) continue;
  const line = { op, shape: shapes.map((s) => s.join('x')).join(' ') };
  for (const backend of backends) {
    const work = flop ?? shapes.reduce((sum, s) => sum + s.reduce((a, b) => a * b, 1), 0) * 10;
    if (work > LIMIT[backend]) continue;
    await tf.setBackend(backend);
    const inputs = shapes.map(random);
    try {
      line[backend] = median(() => tf.tidy(() => void f(...inputs)));
    } catch {
      line[backend] = null; // the backend has no such kernel
    }
    tf.dispose(inputs);
  }
  if (flop && line.native) line.gflops = Math.round(flop / line.native / 1e6);
  console.log(JSON.stringify(line));
}

/** Median milliseconds of at least 5 runs and at most about a second. */
function median(run) {
  run();
  run();
  const times = [];
  const begin = performance.now();
  while (times.length < 5 || (times.length < 100 && performance.now() - begin < 400)) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
    if (performance.now() - begin > 3000) break;
  }
  times.sort((a, b) => a - b);
  return Number(times[times.length >> 1].toPrecision(3));
}
