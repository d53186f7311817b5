import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { kernelsOf, pointer } from './kernels';

/** Tile of 4-byte values, by whole blocks. */
export function tile(stock: tf.KernelConfig): tf.KernelConfig {
  return {
    ...stock,
    kernelFunc: (args) => {
      const { x } = args.inputs as { x: tf.TensorInfo };
      const { reps } = args.attrs as { reps: number[] };
      if (x.dtype !== 'float32' && x.dtype !== 'int32') return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const { run } = kernelsOf(backend);
      const shape = x.shape.map((size, axis) => size * reps[axis]!);
      if (tf.util.sizeFromShape(shape) === 0) return backend.makeOutput(shape, x.dtype);
      // From the last axis to the first; an axis of size 1 repeats together with its neighbour in front of it.
      let from = x;
      let axis = x.shape.length - 1;
      while (axis >= 0) {
        let times = reps[axis]!;
        let first = axis;
        while (first > 0 && x.shape[first] === 1) times *= reps[--first]!;
        if (x.shape[first] !== 1 && first !== axis) times /= reps[first++]!;
        if (times !== 1) {
          const next = from.shape.map((size, i) => (i >= first && i <= axis ? size * reps[i]! : size));
          const outer = tf.util.sizeFromShape(from.shape.slice(0, first));
          const block = tf.util.sizeFromShape(from.shape.slice(first));
          const to = backend.makeOutput(next, x.dtype);
          run.repeat(pointer(backend, from), pointer(backend, to), outer, block, times);
          if (from !== x) backend.disposeData(from.dataId);
          from = to;
        }
        axis = first - 1;
      }
      if (from !== x) return from;
      const same = backend.makeOutput(shape, x.dtype);
      backend.typedArrayFromHeap(same).set(backend.typedArrayFromHeap(x));
      return same;
    },
  };
}

/** Gather without batch axes, by whole rows; others stay with the `stock` kernel. */
export function gather(stock: tf.KernelConfig): tf.KernelConfig {
  return {
    ...stock,
    kernelFunc: (args) => {
      const { x, indices } = args.inputs as Record<'x' | 'indices', tf.TensorInfo>;
      const { axis, batchDims } = args.attrs as { axis: number; batchDims: number };
      const wide = x.dtype === 'float32' || x.dtype === 'int32';
      if (!wide || indices.dtype !== 'int32' || batchDims !== 0) return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const along = tf.util.parseAxisParam(axis, x.shape)[0]!;
      const [before, after] = [x.shape.slice(0, along), x.shape.slice(along + 1)];
      const out = backend.makeOutput([...before, ...indices.shape, ...after], x.dtype);
      const [xAt, ids, outAt] = [x, indices, out].map((t) => pointer(backend, t)) as [number, number, number];
      const outer = tf.util.sizeFromShape(before);
      const count = tf.util.sizeFromShape(indices.shape);
      const inner = tf.util.sizeFromShape(after);
      const wrong = kernelsOf(backend).run.gather(xAt, ids, outAt, outer, x.shape[along]!, count, inner);
      if (wrong >= 0) {
        const id = backend.typedArrayFromHeap(indices)[wrong];
        backend.disposeData(out.dataId);
        throw new Error(`GatherV2: the index value ${id} is not in [0, ${x.shape[along]! - 1}]`); // tfjs's words
      }
      return out;
    },
  };
}
