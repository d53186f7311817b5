import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { kernelsOf, pointer } from './kernels';

/** Element-wise kernels we compute, and their numbers in `assembly/elementwise.ts`. */
const OPERATIONS = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  SquaredDifference: 4,
  Maximum: 5,
  Minimum: 6,
} as const;

/** Names of the kernels that {@link binary} replaces. */
export const BINARY_KERNELS = Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[];

/** A float32 element-wise operation that broadcasts whole rows and columns; others stay with `stock`. */
export function binary(name: keyof typeof OPERATIONS, stock: tf.KernelConfig): tf.KernelConfig {
  const op = OPERATIONS[name];
  return {
    ...stock,
    kernelFunc: (args) => {
      const { a, b } = args.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock.kernelFunc(args);
      const groups = groupAxes(a.shape, b.shape);
      if (groups.length > 3) return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(
        tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape),
        'float32',
      );
      if (tf.util.sizeFromShape(out.shape) === 0) return out;
      const one: Group = { size: 1, inA: true, inB: true };
      while (groups.length < 3) groups.unshift(one);
      const [outer, m, n] = groups as [Group, Group, Group];
      const aColumn = n.inA ? 1 : 0;
      const bColumn = n.inB ? 1 : 0;
      const aBlock = n.inA ? n.size : 1;
      const bBlock = n.inB ? n.size : 1;
      const aStep = outer.inA ? aBlock * (m.inA ? m.size : 1) : 0;
      const bStep = outer.inB ? bBlock * (m.inB ? m.size : 1) : 0;
      const [aAt, bAt, outAt] = [a, b, out].map((t) => pointer(backend, t)) as [number, number, number];
      const { run } = kernelsOf(backend);
      for (let o = 0; o < outer.size; ++o) {
        run.binary(
          ...([op, m.size, n.size] as const),
          ...([aAt + 4 * o * aStep, m.inA ? aBlock : 0, aColumn] as const),
          ...([bAt + 4 * o * bStep, m.inB ? bBlock : 0, bColumn] as const),
          outAt + 4 * o * m.size * n.size,
        );
      }
      return out;
    },
  };
}

/** Neighbouring axes along which each input either varies or repeats. */
interface Group {
  size: number;
  readonly inA: boolean;
  readonly inB: boolean;
}

/** Joins neighbouring axes that both inputs treat alike; axes of size 1 vanish. */
function groupAxes(a: readonly number[], b: readonly number[]): Group[] {
  const rank = Math.max(a.length, b.length);
  const groups: Group[] = [];
  for (let axis = 0; axis < rank; ++axis) {
    const inAxis = a[axis - rank + a.length] ?? 1;
    const inOther = b[axis - rank + b.length] ?? 1;
    const size = inAxis === 1 ? inOther : inAxis;
    if (size === 1) continue;
    const [inA, inB] = [inAxis === size, inOther === size];
    const last = groups.at(-1);
    if (last && last.inA === inA && last.inB === inB) last.size *= size;
    else groups.push({ size, inA, inB });
  }
  return groups;
}
