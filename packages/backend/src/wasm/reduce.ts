import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { kernelsOf, pointer } from './kernels';

/**
 * Sum or mean of float32 values over any axes, without transposing first.
 * The stock kernel leaves the sum over an empty axis unset; ours is 0.
 */
export function reduction(name: 'Sum' | 'Mean', stock: tf.KernelConfig): tf.KernelConfig {
  return {
    ...stock,
    kernelName: name,
    kernelFunc: (args) => {
      const { x } = args.inputs as { x: tf.TensorInfo };
      const { axis, keepDims } = args.attrs as { axis: number | number[]; keepDims: boolean };
      const axes = tf.util.parseAxisParam(axis, x.shape).sort((i, j) => i - j);
      const backend = args.backend as BackendWasm;
      const { scratch, run } = kernelsOf(backend);
      const inner = tf.util.sizeFromShape(x.shape.slice((axes[0] ?? 0) + 1));
      if (x.dtype !== 'float32' || inner > SCRATCH_FLOATS) return stock.kernelFunc(args);
      const count = tf.util.sizeFromShape(axes.map((i) => x.shape[i]!));
      let from = x;
      let scale = name === 'Mean' ? 1 / count : 1;
      for (const [first, last] of runsOf(axes).reverse()) {
        const outer = tf.util.sizeFromShape(from.shape.slice(0, first));
        const reduce = tf.util.sizeFromShape(from.shape.slice(first, last + 1));
        const rest = tf.util.sizeFromShape(from.shape.slice(last + 1));
        const shape = from.shape.map((size, i) => (i >= first && i <= last ? 1 : size));
        const to = backend.makeOutput(shape, 'float32');
        run.sum(pointer(backend, from), pointer(backend, to), outer, reduce, rest, scale, scratch);
        if (from !== x) backend.disposeData(from.dataId);
        from = to;
        scale = 1;
      }
      if (from === x) return copy(backend, x);
      const shape = keepDims ? from.shape : x.shape.filter((_, i) => !axes.includes(i));
      return { dataId: from.dataId, shape, dtype: 'float32' };
    },
  };
}

const SCRATCH_FLOATS = 1 << 16;

/** Groups ascending axes into runs `[first, last]` of neighbours. */
function runsOf(axes: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const axis of axes) {
    const run = runs.at(-1);
    if (run && run[1] === axis - 1) run[1] = axis;
    else runs.push([axis, axis]);
  }
  return runs;
}

/** A reduction over no axes. */
function copy(backend: BackendWasm, x: tf.TensorInfo): tf.TensorInfo {
  const out = backend.makeOutput(x.shape, x.dtype);
  backend.typedArrayFromHeap(out).set(backend.typedArrayFromHeap(x));
  return out;
}
