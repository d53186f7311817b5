import { output } from './backend';
import type { KernelTable } from './kernel';
import type { Graph } from './onnx-bytes';

/** Kernels that tfjs does not have; @raca/core asks for them by these names. */
const [NORM, NORM_GRADIENT, SOFTMAX_GRADIENT, WRITE_CACHE] = [
  'RacaLayerNorm',
  'RacaLayerNormGrad',
  'RacaSoftmaxGrad',
  'RacaWriteCache',
];

const f32 = (names: string): Record<string, 'float32'> =>
  Object.fromEntries(names.split(' ').map((n) => [n, 'float32'] as const));
/** `op: inputs > output`, one operator a word group. */
const nodes = (lines: readonly string[]): Graph['nodes'] =>
  lines.map((line) => {
    const [op, ...names] = line.split(/[ :>]+/);
    return { op, inputs: names.slice(0, -1), outputs: names.slice(-1) };
  });

/**
 * y = scale·c/(sd + ε) + shift with c = x − mean and sd = √(Σc²/(n − 1)); unit is c over its spread, inverse one over
 * the spread, factor what the gradient multiplies.
 */
const normGraph: Graph = {
  nodes: nodes([
    'ReduceSum: x last > total',
    'Div: total n > mean',
    'Sub: x mean > c',
    'Mul: c c > cc',
    'ReduceSum: cc last > squares',
    'Div: squares divisor > variance',
    'Sqrt: variance > deviation',
    'Add: deviation epsilon > spread',
    'Reciprocal: spread > inverse',
    'Max: deviation tiny > safe', // a constant row has no spread; its gradient is then 0, not NaN
    'Mul: safe divisor > scaled',
    'Reciprocal: scaled > factor',
    'Mul: c inverse > unit',
    'Mul: unit scale > stretched',
    'Add: stretched shift > y',
  ]),
  inputs: f32('x scale shift n divisor epsilon tiny'),
  outputs: f32('y unit inverse factor'),
  constants: { last: [1] },
};

/** dx = inverse·(g − mean g) − unit·factor·Σ(g·unit) with g = dy·scale; the parameters' gradients are column sums. */
const normGradientGraph: Graph = {
  nodes: nodes([
    'Mul: dy unit > du',
    'ReduceSum: du first > dScale1',
    'ReduceSum: dy first > dShift1',
    'Reshape: dScale1 flat > dScale',
    'Reshape: dShift1 flat > dShift',
    'Mul: dy scale > g',
    'ReduceSum: g last > gSum',
    'Div: gSum n > gMean',
    'Sub: g gMean > gc',
    'Mul: gc inverse > left',
    'Mul: g unit > gu',
    'ReduceSum: gu last > dot',
    'Mul: dot factor > weight',
    'Mul: unit weight > right',
    'Sub: left right > dx',
  ]),
  inputs: f32('dy scale unit inverse factor n'),
  outputs: f32('dx dScale dShift'),
  constants: { last: [1], first: [0], flat: [-1] },
};

/** y·(dy − Σ dy·y) over rows. */
const softmaxGradientGraph: Graph = {
  nodes: nodes(['Mul: dy y > p', 'ReduceSum: p last > s', 'Sub: dy s > d', 'Mul: y d > dx']),
  inputs: f32('dy y'),
  outputs: f32('dx'),
  constants: { last: [1] },
};

const scalar = (v: number) => [[], Float32Array.of(v)] as const;

/** Our own kernels; there is nothing to fall back to, so callers ask `hasKernel` first. */
export const fusedKernels: KernelTable = {
  [NORM]: ({ inputs: { x, scale, shift }, attrs: { epsilon }, backend }) => {
    const [rows, n] = x.shape;
    const results: [number[], Float32Array][] = [
      [[rows, n], backend.floats(rows * n)],
      [[rows, n], backend.floats(rows * n)],
      [[rows, 1], backend.floats(rows)],
      [[rows, 1], backend.floats(rows)],
    ];
    const feeds = [x, scale, shift].map((t) => [t.shape, backend.read32(t)] as const);
    const numbers = [n, Math.max(n - 1, 1), epsilon, 1e-30].map(scalar);
    backend.run(NORM, () => normGraph, [...feeds, ...numbers], results);
    return results.map(([shape, data]) => output(backend, shape, data));
  },
  [NORM_GRADIENT]: ({ inputs: { dy, scale, unit, inverse, factor }, backend }) => {
    const [rows, n] = dy.shape;
    const [dx, dScale, dShift] = [rows * n, n, n].map((size) => backend.floats(size));
    const results: [number[], Float32Array][] = [
      [[rows, n], dx],
      [[n], dScale],
      [[n], dShift],
    ];
    const feeds = [dy, scale, unit, inverse, factor].map((t) => [t.shape, backend.read32(t)] as const);
    backend.run(NORM_GRADIENT, () => normGradientGraph, [...feeds, scalar(n)], results);
    return results.map(([shape, data]) => output(backend, shape, data));
  },
  [SOFTMAX_GRADIENT]: ({ inputs: { dy, y }, backend }) => {
    const n = y.shape[y.shape.length - 1];
    const values = backend.read32(y);
    const [dims, dx] = [[values.length / n, n], backend.floats(values.length)];
    backend.run(
      SOFTMAX_GRADIENT,
      () => softmaxGradientGraph,
      [
        [dims, backend.read32(dy)],
        [dims, values],
      ],
      [[dims, dx]],
    );
    return output(backend, y.shape, dx);
  },
  [WRITE_CACHE]: ({ inputs: { cache, fresh }, attrs: { at }, backend }) => {
    const [rows, k, width] = [cache.shape[0] * cache.shape[1], fresh.shape[2], cache.shape[3]];
    const [to, from] = [backend.read32(cache), backend.read32(fresh)];
    const [whole, part] = [cache.shape[2] * width, k * width];
    for (let i = 0; i < rows; i++) to.set(from.subarray(i * part, (i + 1) * part), i * whole + at * width);
    backend.incRef(cache.dataId);
    return { dataId: cache.dataId, shape: cache.shape, dtype: cache.dtype };
  },
};
