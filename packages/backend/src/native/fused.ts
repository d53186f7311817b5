import * as tf from '@tensorflow/tfjs-core';
import { output } from './backend';
import type { KernelTable } from './kernel';
import type { Graph } from './onnx-bytes';

/** Options of {@link layerNorm}. */
export interface LayerNormOptions {
  readonly epsilon?: number;
  /**
   * `variance`: `c / √(Σc²/n + ε)`, the usual norm. `deviation`: `c / (√(Σc²/(n−1)) + ε)`, the one of the R2Gen line.
   * (c: x minus its mean, n: width)
   */
  readonly form?: 'variance' | 'deviation';
}

/** Kernels that tfjs does not have, under names of our own. */
const [NORM, NORM_GRADIENT, SOFTMAX_GRADIENT] = ['RacaLayerNorm', 'RacaLayerNormGrad', 'RacaSoftmaxGrad'];

/**
 * Layer norm over the last axis with its gradient: one kernel each way on the native backend, where the plain form
 * keeps some twenty intermediate tensors alive until the step ends; the plain form on every other backend.
 *
 * @param x `[…, d]`
 * @param scale,shift `[d]`
 * @returns `[…, d]`
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  shift: tf.Tensor1D,
  { epsilon = 1e-6, form = 'deviation' }: LayerNormOptions = {},
): T {
  if (!hasKernel(NORM) || x.size === 0) return plainLayerNorm(x, scale, shift, epsilon, form);
  const width = scale.size;
  const normed = tf.customGrad((x2, a, b, save) => {
    const attrs = { epsilon, form };
    const inputs = { x: x2, scale: a, shift: b } as tf.NamedTensorMap;
    const [y, unit, inverse, factor] = tf.engine().runKernel(NORM, inputs, attrs) as tf.Tensor[];
    (save as tf.GradSaveFunc)([a as tf.Tensor, unit, inverse, factor]);
    return {
      value: y,
      gradFunc: (dy, [scale, unit, inverse, factor]: tf.Tensor[]) =>
        tf.engine().runKernel(NORM_GRADIENT, { dy, scale, unit, inverse, factor }) as tf.Tensor[],
    };
  });
  return tf.reshape(normed(tf.reshape(x, [-1, width]), scale, shift), x.shape) as T;
}

/** The same in operations of tfjs: for other backends and for comparison. */
export function plainLayerNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  shift: tf.Tensor1D,
  epsilon: number,
  form: 'variance' | 'deviation',
): T {
  return tf.tidy(() => {
    const c = tf.sub(x, tf.mean(x, -1, true));
    const squares = tf.sum(tf.square(c), -1, true);
    const spread =
      form === 'variance'
        ? tf.sqrt(tf.add(tf.div(squares, scale.size), epsilon))
        : tf.add(tf.sqrt(tf.div(squares, scale.size - 1)), epsilon);
    return tf.add(tf.mul(tf.div(c, spread), scale), shift) as T;
  });
}

/** Softmax over the last axis whose gradient is one kernel on the native backend. */
export function softmax<T extends tf.Tensor>(x: T): T {
  if (!hasKernel(SOFTMAX_GRADIENT) || x.size === 0) return tf.softmax(x);
  return tf.customGrad((logits, save) => {
    const y = tf.softmax(logits as tf.Tensor);
    (save as tf.GradSaveFunc)([y]);
    return {
      value: y,
      gradFunc: (dy, [y]: tf.Tensor[]) => tf.engine().runKernel(SOFTMAX_GRADIENT, { dy, y }) as tf.Tensor,
    };
  })(x) as T;
}

const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) != null;

const f32 = (names: string): Record<string, 'float32'> =>
  Object.fromEntries(names.split(' ').map((n) => [n, 'float32'] as const));
/** `op: inputs > output`, one operator a word group. */
const nodes = (lines: readonly string[]): Graph['nodes'] =>
  lines.map((line) => {
    const [op, ...names] = line.split(/[ :>]+/);
    return { op, inputs: names.slice(0, -1), outputs: names.slice(-1) };
  });

/** Rows [rows, n] → y, unit (c over its spread), and for each row the inverse spread and the gradient's factor. */
const normGraph = (form: string): Graph => ({
  nodes: nodes([
    'ReduceSum: x last > total',
    'Div: total n > mean',
    'Sub: x mean > c',
    'Mul: c c > cc',
    'ReduceSum: cc last > squares',
    'Div: squares divisor > variance',
    ...(form === 'variance'
      ? [
          'Add: variance epsilon > v',
          'Sqrt: v > spread',
          'Reciprocal: spread > inverse',
          'Div: inverse n > factor',
        ]
      : [
          'Sqrt: variance > deviation',
          'Add: deviation epsilon > spread',
          'Reciprocal: spread > inverse',
          'Max: deviation tiny > safe', // a constant row has no spread; its gradient is then 0, not NaN
          'Mul: safe divisor > scaled',
          'Reciprocal: scaled > factor',
        ]),
    'Mul: c inverse > unit',
    'Mul: unit scale > stretched',
    'Add: stretched shift > y',
  ]),
  inputs: f32(`x scale shift n divisor epsilon${form === 'variance' ? '' : ' tiny'}`),
  outputs: f32('y unit inverse factor'),
  constants: { last: [1] },
});

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
  [NORM]: ({ inputs: { x, scale, shift }, attrs, backend }) => {
    const { epsilon, form } = attrs as { epsilon: number; form: string };
    const [rows, n] = x.shape;
    const [y, unit] = [backend.floats(rows * n), backend.floats(rows * n)];
    const [inverse, factor] = [backend.floats(rows), backend.floats(rows)];
    backend.run(
      `${NORM} ${form}`,
      () => normGraph(form),
      [
        [[rows, n], backend.read32(x)],
        [[n], backend.read32(scale)],
        [[n], backend.read32(shift)],
        scalar(n),
        scalar(form === 'variance' ? n : n - 1),
        scalar(epsilon),
        ...(form === 'variance' ? [] : [scalar(1e-30)]),
      ],
      [
        [[rows, n], y],
        [[rows, n], unit],
        [[rows, 1], inverse],
        [[rows, 1], factor],
      ],
    );
    const row = [rows, 1];
    const values: [number[], Float32Array][] = [
      [[rows, n], y],
      [[rows, n], unit],
      [row, inverse],
      [row, factor],
    ];
    return values.map(([shape, data]) => output(backend, shape, data));
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
};
