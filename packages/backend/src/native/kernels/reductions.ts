import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelArgs, type KernelTable, type NativeKernel, single } from '../kernel';
import type { Graph } from '../onnx-bytes';
import { allFloat, output } from '../tensors';
import { multiply } from './products';

/** tfjs kernel and ONNX operator. */
const REDUCTIONS = [
  ['Sum', 'ReduceSum'],
  ['Mean', 'ReduceMean'],
] as const;

interface ReductionAttrs {
  readonly axis: number | number[];
  /** Max has this name for its axes. */
  readonly reductionIndices?: number | number[];
  readonly keepDims: boolean;
}

/**
 * Sums and means over all axes together or over some. A recorded program runs with several threads, and the operator
 * for sums of rows then waits for them longer than it works; a product with ones does not.
 */
function reduction(op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin'): NativeKernel {
  return ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat(x)) return undefined;
    const { axis, reductionIndices = axis, keepDims } = attrs as ReductionAttrs;
    const axes = util.parseAxisParam(reductionIndices, x.shape);
    if (axes.length === 0 || x.shape.length === 0) return undefined;
    const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
    const out = backend.floats(util.sizeFromShape(kept));
    const folded = fold(x.shape, axes);
    const key = `${op} ${folded.axes} of ${folded.dims.length}`;
    const dims = folded.dims.map((size, i) => (folded.axes.includes(i) ? 1 : size));
    const ofRows = folded.dims.length === 2 && folded.axes[0] === 0;
    if (backend.recorder && ofRows && (op === 'ReduceSum' || op === 'ReduceMean')) {
      const [rows] = folded.dims;
      const weights = new Float32Array(rows).fill(op === 'ReduceMean' ? 1 / rows : 1);
      multiply(backend, [[1, rows], weights], [folded.dims, backend.read32(x)], [dims, out]);
    } else backend.run(key, () => graph(op, folded.axes), [[folded.dims, backend.read32(x)]], [[dims, out]]);
    return output(backend, keepDims ? kept : kept.filter((_, i) => !axes.includes(i)), out);
  };
}

/** Largest or smallest value. Not by onnxruntime, which passes over NaN where tfjs keeps it. */
function extreme(kind: 'largest' | 'smallest'): NativeKernel {
  const sign = kind === 'largest' ? 1 : -1;
  const operator = reduction(kind === 'largest' ? 'ReduceMax' : 'ReduceMin');
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { x } = inputs;
    if (!allFloat(x)) return undefined;
    if (backend.recorder) return operator(args);
    const { axis, reductionIndices = axis, keepDims } = attrs as ReductionAttrs;
    const axes = util.parseAxisParam(reductionIndices, x.shape);
    const folded = fold(x.shape, axes);
    if (folded.axes.length > 1) return undefined;
    const [at] = folded.axes;
    const [n, inner] = [folded.dims[at], folded.dims[at + 1] ?? 1];
    const values = backend.read32(x);
    const out = backend.floats(values.length / n);
    for (let i = 0; i < out.length; i++) {
      let p = Math.floor(i / inner) * n * inner + (i % inner);
      let found = values[p] * sign;
      for (let k = 1; k < n; k++) {
        p += inner;
        const v = values[p] * sign;
        if (v > found || Number.isNaN(v)) found = v; // once NaN, always NaN: no number is larger
      }
      out[i] = found * sign;
    }
    const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
    return output(backend, keepDims ? kept : kept.filter((_, i) => !axes.includes(i)), out);
  };
}

/** Axes are an input of ReduceSum and an attribute of the others (operator set 17). */
const graph = (op: string, axes: readonly number[]): Graph =>
  op === 'ReduceSum'
    ? {
        nodes: [{ op, inputs: ['a', 'axes'], outputs: ['y'] }],
        inputs: { a: 'float32' },
        outputs: { y: 'float32' },
        constants: { axes },
      }
    : single(op, 1, { axes: { ints: axes } });

/** Joins neighbouring axes that are all reduced or all kept: fewer kinds of graph, longer inner loops. */
function fold(shape: readonly number[], axes: readonly number[]): { dims: number[]; axes: number[] } {
  const dims: number[] = [];
  const reduced: boolean[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const r = axes.includes(i);
    if (reduced.at(-1) === r) dims[dims.length - 1] *= size;
    else {
      dims.push(size);
      reduced.push(r);
    }
  });
  if (!reduced.includes(true)) {
    dims.push(1); // only axes of size 1 are reduced
    reduced.push(true);
  }
  return { dims, axes: reduced.flatMap((r, i) => (r ? [i] : [])) };
}

/** Softmax over the last axis. */
function softmax({
  inputs: { logits },
  attrs,
  backend,
}: KernelArgs<{ dim: number }>): TensorInfo | undefined {
  const rank = logits.shape.length;
  if (!allFloat(logits) || rank === 0 || (attrs.dim !== rank - 1 && attrs.dim !== -1)) return undefined;
  const values = backend.read32(logits);
  const n = logits.shape[rank - 1];
  const out = backend.floats(values.length);
  const dims = backend.recorder ? logits.shape : [values.length / n, n]; // a recording keeps the form it has
  const graph = () => single('Softmax', 1, { axis: { int: -1 } });
  backend.run('Softmax', graph, [[dims, values]], [[dims, out]], backend.options.threads);
  return output(backend, logits.shape, out);
}

export const reductions: KernelTable = {
  ...Object.fromEntries(REDUCTIONS.map(([kernel, op]) => [kernel, reduction(op)])),
  Max: extreme('largest'),
  Min: extreme('smallest'),
  Softmax: softmax,
};
