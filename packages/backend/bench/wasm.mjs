// Times the completed WASM kernels beside the stock ones. Build the package first, then:
//   node bench/wasm.mjs
// One JSON line a shape: {op, shape, stock_ms, ours_ms, gflops}; gflops is ours, null where nothing is multiplied.
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../dist/node.js';

const p = 98; // patches of two views
const t = 60; // tokens
const small = { name: 'small', b: 16, d: 96, heads: 4 };
const full = { name: 'full', b: 16, d: 512, heads: 8 };

const cases = [];
for (const { name, b, d, heads } of [small, full]) {
  const head = d / heads;
  const product = (what, a, c, transposeA = false, transposeB = false) => {
    const batch = a.length === 3 ? a[0] : 1;
    const [m, k] = transposeA ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)];
    const n = transposeB ? c.at(-2) : c.at(-1);
    const f = (x, y) => tf.matMul(x, y, transposeA, transposeB);
    cases.push({ op: `matMul ${name} ${what}`, shapes: [a, c], flop: 2 * batch * m * n * k, f });
  };
  product('weights', [b * p, d], [d, d]);
  product('weights, input gradient', [b * p, d], [d, d], false, true);
  product('weights, weight gradient', [b * p, d], [b * p, d], true, false);
  product('scores', [b * heads, p, head], [b * heads, p, head], false, true);
  product('values', [b * heads, p, p], [b * heads, p, head]);
  product('scores, gradient', [b * heads, p, p], [b * heads, p, head], true, false);
  product('cross scores', [b * heads, t, head], [b * heads, p, head], false, true);
  product('one token, beam 3', [3, d], [d, d]);
}

const convolutions = [
  [[32, 112, 112, 1], [3, 3, 1, 16], 2],
  [[32, 112, 112, 3], [3, 3, 3, 16], 2],
  [[32, 56, 56, 16], [3, 3, 16, 32], 2],
  [[32, 28, 28, 32], [3, 3, 32, 64], 2],
  [[32, 14, 14, 64], [3, 3, 64, 128], 2],
  [[32, 28, 28, 32], [1, 1, 32, 64], 1],
  [[4, 14, 14, 256], [3, 3, 256, 256], 1],
]; // prettier-ignore
for (const [x, w, stride] of convolutions) {
  const [oh, ow] = [Math.ceil(x[1] / stride), Math.ceil(x[2] / stride)];
  const y = [x[0], oh, ow, w[3]];
  const flop = 2 * x[0] * oh * ow * w[0] * w[1] * w[2] * w[3];
  const attrs = { strides: stride, pad: 'same', dataFormat: 'NHWC', dilations: 1 };
  const kernel = (name, inputs, more) => tf.engine().runKernel(name, inputs, { ...attrs, ...more });
  const add = (op, shapes, f) => cases.push({ op: `${op} stride ${stride}`, shapes, flop, f });
  add('Conv2D', [x, w], (a, c) => kernel('Conv2D', { x: a, filter: c }));
  add('Conv2DBackpropInput', [y, w], (a, c) =>
    kernel('Conv2DBackpropInput', { dy: a, filter: c }, { inputShape: x }),
  );
  add('Conv2DBackpropFilter', [x, y], (a, c) =>
    kernel('Conv2DBackpropFilter', { x: a, dy: c }, { filterShape: w }),
  );
}

cases.push(
  { op: 'Add bias', shapes: [[1568, 96], [96]], f: tf.add },
  {
    op: 'Multiply column',
    shapes: [
      [16, 98, 96],
      [16, 98, 1],
    ],
    f: tf.mul,
  },
  { op: 'Sum axis 0', shapes: [[1568, 96]], f: (x) => tf.sum(x, 0) },
  { op: 'Mean axes 0,1,2', shapes: [[32, 56, 56, 16]], f: (x) => tf.mean(x, [0, 1, 2]) },
  { op: 'FusedBatchNorm', shapes: [[32, 56, 56, 16], [16], [16]], f: (x, m, v) => tf.batchNorm(x, m, v) },
  { op: 'Tile', shapes: [[1, 1, 1, 16]], f: (x) => tf.tile(x, [32, 56, 56, 1]) },
  { op: 'Exp', shapes: [[16, 60, 600]], f: tf.exp },
  {
    op: 'MaxPoolGrad',
    shapes: [
      [4, 56, 56, 64],
      [4, 28, 28, 64],
    ],
    f: maxPoolGrad,
  },
); // prettier-ignore

function maxPoolGrad(input, dy) {
  const attrs = { filterSize: 3, strides: 2, pad: 'same' };
  return tf.engine().runKernel('MaxPoolGrad', { dy, input, output: dy }, attrs);
}

await tf.setBackend('wasm');
const stock = cases.map(time);
await useBackend({ prefer: ['wasm'] });
cases.map(time).forEach((ours, i) => {
  const { op, shapes, flop } = cases[i];
  const round = (x) => (x === null ? null : Number(x.toPrecision(3)));
  const gflops = flop ? round(flop / ours / 1e6) : null;
  const line = {
    op,
    shape: shapes.map((s) => s.join('x')),
    stock_ms: round(stock[i]),
    ours_ms: round(ours),
    gflops,
  };
  console.log(JSON.stringify(line));
});

/** Best of several runs in milliseconds; null where the kernel is missing. */
function time({ shapes, f }) {
  const inputs = shapes.map((shape) => tf.randomUniform(shape, 0.1, 1));
  let best = Infinity;
  try {
    const end = performance.now() + 150;
    for (let i = 0; i < 3 || (performance.now() < end && i < 500); ++i) {
      const start = performance.now();
      tf.dispose(f(...inputs));
      if (i > 0) best = Math.min(best, performance.now() - start);
    }
  } catch {
    best = null;
  }
  tf.dispose(inputs);
  return best;
}
