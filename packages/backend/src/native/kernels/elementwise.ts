import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelArgs, type KernelTable, type NativeKernel, single } from '../kernel';
import type { Graph } from '../onnx-bytes';
import { allFloat, output } from '../tensors';

/** tfjs kernel, ONNX operator, and the same function on two numbers. */
const ARITHMETIC: readonly [kernel: string, op: string, f: (a: number, b: number) => number][] = [
  ['Add', 'Add', (a, b) => a + b],
  ['Sub', 'Sub', (a, b) => a - b],
  ['Multiply', 'Mul', (a, b) => a * b],
  ['RealDiv', 'Div', (a, b) => a / b],
  ['Maximum', 'Max', (a, b) => Math.max(a, b)],
  ['Minimum', 'Min', (a, b) => Math.min(a, b)],
];

const COMPARISONS: readonly [kernel: string, op: string, f: (a: number, b: number) => boolean][] = [
  ['Greater', 'Greater', (a, b) => a > b],
  ['GreaterEqual', 'GreaterOrEqual', (a, b) => a >= b],
  ['Less', 'Less', (a, b) => a < b],
  ['LessEqual', 'LessOrEqual', (a, b) => a <= b],
  ['Equal', 'Equal', (a, b) => a === b],
];

/** Functions of one number: tfjs kernel, graph, and the same function in JavaScript. */
const FUNCTIONS: readonly [kernel: string, graph: () => Graph, f: (x: number) => number][] = [
  ['Relu', () => single('Relu', 1), (x) => Math.max(0, x)],
  ['Sqrt', () => single('Sqrt', 1), Math.sqrt],
  ['Rsqrt', () => chain('Sqrt', 'Reciprocal'), (x) => 1 / Math.sqrt(x)],
  ['Exp', () => single('Exp', 1), Math.exp],
  ['Log', () => single('Log', 1), Math.log],
  ['Tanh', () => single('Tanh', 1), Math.tanh],
  // Not the operator Sigmoid: it is cut off below -18, which log-probabilities would show.
  ['Sigmoid', () => chain('Neg', 'Exp', 'plus 1', 'Reciprocal'), (x) => 1 / (1 + Math.exp(-x))],
  [
    'Square',
    () => ({ ...single('Mul', 1), nodes: [{ op: 'Mul', inputs: ['a', 'a'], outputs: ['y'] }] }),
    (x) => x * x,
  ],
  ['Neg', () => single('Neg', 1), (x) => -x],
  ['Abs', () => single('Abs', 1), Math.abs],
  ['Reciprocal', () => single('Reciprocal', 1), (x) => 1 / x],
];

/** The graph of operators applied one after another; `plus 1` adds one. */
function chain(...ops: readonly string[]): Graph {
  const name = (i: number): string => (i === 0 ? 'a' : i === ops.length ? 'y' : `t${i}`);
  const plus = ops.includes('plus 1');
  return {
    nodes: [
      ...(plus ? [{ op: 'Cast', inputs: ['one64'], outputs: ['one'], attributes: { to: { int: 1 } } }] : []),
      ...ops.map((op, i) =>
        op === 'plus 1'
          ? { op: 'Add', inputs: [name(i), 'one'], outputs: [name(i + 1)] }
          : { op, inputs: [name(i)], outputs: [name(i + 1)] },
      ),
    ],
    inputs: { a: 'float32' },
    outputs: { y: 'float32' },
    constants: plus ? { one64: [1] } : {},
  };
}

/** Both inputs, their common shape, and whether a loop without index arithmetic will do. */
function operands({ inputs: { a, b }, backend }: KernelArgs) {
  if (!allFloat(a, b)) return undefined;
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const [x, y] = [backend.read32(a), backend.read32(b)];
  const size = util.sizeFromShape(shape);
  const simple = (x.length === size || x.length === 1) && (y.length === size || y.length === 1);
  return { a, b, x, y, shape, size, loop: simple && size < backend.crossover };
}

function arithmetic(op: string, f: (a: number, b: number) => number): NativeKernel {
  const graph = () => single(op, 2);
  return (args) => {
    const found = operands(args);
    if (found === undefined) return undefined;
    const { a, b, x, y, shape, size, loop } = found;
    const out = args.backend.floats(size);
    if (loop) {
      const [stepX, stepY] = [Number(x.length > 1), Number(y.length > 1)];
      for (let i = 0, p = 0, q = 0; i < size; i++, p += stepX, q += stepY) out[i] = f(x[p], y[q]);
    } else
      args.backend.run(
        op,
        graph,
        [
          [a.shape, x],
          [b.shape, y],
        ],
        [[shape, out]],
      );
    return output(args.backend, shape, out);
  };
}

function comparison(op: string, f: (a: number, b: number) => boolean): NativeKernel {
  const graph = () => single(op, 2, {}, { output: 'bool' });
  return (args) => {
    const found = operands(args);
    if (found === undefined) return undefined;
    const { a, b, x, y, shape, size, loop } = found;
    const out = args.backend.pool.take(Uint8Array, size);
    if (loop) {
      const [stepX, stepY] = [Number(x.length > 1), Number(y.length > 1)];
      for (let i = 0, p = 0, q = 0; i < size; i++, p += stepX, q += stepY) out[i] = f(x[p], y[q]) ? 1 : 0;
    } else
      args.backend.run(
        op,
        graph,
        [
          [a.shape, x],
          [b.shape, y],
        ],
        [[shape, out]],
      );
    return args.backend.makeTensorInfo(shape, 'bool', out);
  };
}

function unary(kernel: string, graph: () => Graph, f: (x: number) => number): NativeKernel {
  return ({ inputs: { x }, backend }) => {
    if (!allFloat(x)) return undefined;
    const values = backend.read32(x);
    const out = backend.floats(values.length);
    if (values.length < backend.crossover) for (let i = 0; i < out.length; i++) out[i] = f(values[i]);
    else backend.run(kernel, graph, [[[values.length], values]], [[[values.length], out]]);
    return output(backend, x.shape, out);
  };
}

/** `(a - b)²`. */
function squaredDifference({ inputs, backend, call }: KernelArgs): TensorInfo | undefined {
  if (!allFloat(inputs.a, inputs.b)) return undefined;
  const difference = call('Sub', inputs);
  const result = call('Square', { x: difference });
  backend.disposeIntermediateTensorInfo(difference);
  return result;
}

/** The bits of float32 numbers: loops over them need no branch, which random signs would make the processor miss. */
const bitsOf = (x: Float32Array): Int32Array => new Int32Array(x.buffer, x.byteOffset, x.length);
const [ONE, INFINITE] = [0x3f800000, 0x7f800000];

/** 1 above zero, `alpha` at and below it, NaN stays. */
function step({
  inputs: { x },
  attrs: { alpha },
  backend,
}: KernelArgs<{ alpha: number }>): TensorInfo | undefined {
  if (!allFloat(x) || alpha !== 0) return undefined;
  const values = backend.read32(x);
  const out = backend.floats(values.length);
  if (backend.recorder) {
    backend.run('Step', stepGraph, [[x.shape, values]], [[x.shape, out]]);
    return output(backend, x.shape, out);
  }
  const [from, to] = [bitsOf(values), bitsOf(out)];
  for (let i = 0; i < to.length; i++) {
    const bits = from[i];
    to[i] = ((-bits & ~bits) >> 31) & ONE; // all ones where bits > 0
    if ((bits & 0x7fffffff) > INFINITE) to[i] = bits;
  }
  return output(backend, x.shape, out);
}

/** {@link step} by onnxruntime, for recordings: αx cut off at 0 and 1, for α so large that only 0 lies between; NaN gives 0. */
const stepGraph = (): Graph => single('HardSigmoid', 1, { alpha: { float: 3e38 }, beta: { float: 0 } });

/** Element-wise choice. */
function select({ inputs: { condition, t, e }, backend }: KernelArgs): TensorInfo | undefined {
  if (!allFloat(t, e) || condition.dtype !== 'bool') return undefined;
  const choice = backend.data.get(condition.dataId).values as Uint8Array;
  const [yes, no] = [bitsOf(backend.read32(t)), bitsOf(backend.read32(e))];
  if (choice.length !== yes.length) return undefined; // a condition of rank 1 that chooses rows
  const out = backend.floats(yes.length);
  const to = bitsOf(out);
  for (let i = 0; i < to.length; i++) {
    const mask = -(choice[i] & 1);
    to[i] = (yes[i] & mask) | (no[i] & ~mask);
  }
  return output(backend, t.shape, out);
}

function clip({ inputs: { x }, attrs, backend }: KernelArgs<{ clipValueMin: number; clipValueMax: number }>) {
  if (!allFloat(x)) return undefined;
  const values = backend.read32(x);
  const out = backend.floats(values.length);
  const bounds = [attrs.clipValueMin, attrs.clipValueMax].map((v) => [[], Float32Array.of(v)] as const);
  backend.run('Clip', () => single('Clip', 3), [[x.shape, values], ...bounds], [[x.shape, out]]);
  return output(backend, x.shape, out);
}

export const elementwise: KernelTable = {
  ...Object.fromEntries(ARITHMETIC.map(([kernel, op, f]) => [kernel, arithmetic(op, f)])),
  ...Object.fromEntries(COMPARISONS.map(([kernel, op, f]) => [kernel, comparison(op, f)])),
  ...Object.fromEntries(FUNCTIONS.map(([kernel, graph, f]) => [kernel, unary(kernel, graph, f)])),
  SquaredDifference: squaredDifference,
  Step: step,
  Select: select,
  ClipByValue: clip,
};
