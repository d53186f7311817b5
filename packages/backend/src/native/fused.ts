import type { KernelTable } from './kernel';
import type { Graph } from './onnx-bytes';
import { output } from './tensors';

/** Kernels that tfjs does not have; @raca/core asks for them by these names. */
const [NORM, NORM_GRADIENT, SOFTMAX_GRADIENT] = ['RacaLayerNorm', 'RacaLayerNormGrad', 'RacaSoftmaxGrad'];

/** Keeps the operator from dividing by 0; far below any variance that matters. */
const TINY = 1e-24;

const f32 = (names: string): Record<string, 'float32'> =>
  Object.fromEntries(names.split(' ').map((n) => [n, 'float32'] as const));
/** `op: inputs > output`, one operator a word group. */
const nodes = (lines: readonly string[]): Graph['nodes'] =>
  lines.map((line) => {
    const [op, ...names] = line.split(/[ :>]+/);
    return { op, inputs: names.slice(0, -1), outputs: names.slice(-1) };
  });

/**
 * y = scale·c/(sd + ε) + shift with c = x − mean and sd = √(Σc²/(n − 1)); unit is c over its spread sd + ε, inverse
 * one over the spread, factor what the gradient multiplies.
 *
 * The operator gives u = c/s and i = 1/s for s = √(Σc²/n). With k = √(n/(n − 1)): sd = k·s, so unit = u/(k + ε·i),
 * inverse = i/(k + ε·i), factor = 1/(sd·(n − 1)) = i/(k·(n − 1)). A constant row has u = 0.
 */
const normGraph: Graph = {
  nodes: [
    {
      op: 'LayerNormalization',
      inputs: ['x', 'ones'],
      outputs: ['u', 'mean', 'i'],
      attributes: { axis: { int: -1 }, epsilon: { float: TINY } },
    },
    ...nodes([
      'Mul: i epsilon > ie',
      'Add: ie k > divisor',
      'Div: u divisor > unit',
      'Div: i divisor > inverse',
      'Mul: i share > factor',
      'Mul: unit scale > stretched',
      'Add: stretched shift > y',
    ]),
  ],
  inputs: f32('x scale shift ones epsilon k share'),
  outputs: f32('y unit inverse factor'),
};

/**
 * The value alone as one operator, for recorded programs, which have no gradient: ε² inside the root instead of ε
 * outside. The same for a constant row; else y differs by ε/sd of itself.
 */
const normValueGraph = (epsilon: number): Graph => ({
  nodes: [
    ...nodes(['Div: scale k > share']),
    {
      op: 'LayerNormalization',
      inputs: ['x', 'share', 'shift'],
      outputs: ['y'],
      attributes: { axis: { int: -1 }, epsilon: { float: epsilon * epsilon } },
    },
  ],
  inputs: f32('x scale shift k'),
  outputs: f32('y'),
});

/**
 * dx = inverse·(g − mean g) − unit·factor·Σ(g·unit) with g = dy·scale; the parameters' gradients are column sums. Sums are
 * products with ones or with the scale, since the operator for sums waits for threads longer than it works.
 */
const normGradientGraph: Graph = {
  nodes: nodes([
    'Mul: dy unit > du',
    'MatMul: ones du > dScale',
    'MatMul: ones dy > dShift',
    'MatMul: du column > dot',
    'Div: column n > share',
    'MatMul: dy share > gMean',
    'Mul: dy scale > g',
    'Sub: g gMean > gc',
    'Mul: gc inverse > left',
    'Mul: dot factor > weight',
    'Mul: unit weight > right',
    'Sub: left right > dx',
  ]),
  inputs: f32('dy scale unit inverse factor column n ones'),
  outputs: f32('dx dScale dShift'),
};

/** y·(dy − Σ dy·y) over rows. */
const softmaxGradientGraph: Graph = {
  nodes: nodes(['Mul: dy y > p', 'ReduceSum: p last > s', 'Sub: dy s > d', 'Mul: y d > dx']),
  inputs: f32('dy y'),
  outputs: f32('dx'),
  constants: { last: [1] },
};

const ones = new Map<number, Float32Array>();
/** A vector of ones, made once a width. */
function onesOf(n: number): Float32Array {
  const known = ones.get(n) ?? new Float32Array(n).fill(1);
  ones.set(n, known);
  return known;
}

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
    const rest = Math.max(n - 1, 1);
    const k = Math.sqrt(n / rest);
    if (backend.recorder && !backend.recorder.gradients) {
      const made = results.slice(0, 1);
      backend.run(`${NORM} value ${epsilon}`, () => normValueGraph(epsilon), [...feeds, scalar(k)], made);
      for (const [shape, data] of results.slice(1)) backend.recorder.know(data, 'nothing', shape);
      return results.map(([shape, data]) => output(backend, shape, data));
    }
    const numbers = [epsilon, k, 1 / (k * rest)].map(scalar);
    backend.run(NORM, () => normGraph, [...feeds, [[n], onesOf(n)], ...numbers], results);
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
    const column = [[n, 1], backend.read32(scale)] as const;
    const rest = [column, scalar(n), [[rows], new Float32Array(rows).fill(1)] as const];
    backend.run(NORM_GRADIENT, () => normGradientGraph, [...feeds, ...rest], results);
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
};
