import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { cpuFallback } from './fallback';
import { kernelsOf, pointer } from './kernels';

/** `A B`, `Aᵀ B`, `A Bᵀ` or `Aᵀ Bᵀ` of float32 matrices, with batch axes that broadcast. */
export function batchMatMul(): tf.KernelConfig {
  const slow = cpuFallback('BatchMatMul');
  return {
    kernelName: 'BatchMatMul',
    backendName: 'wasm',
    kernelFunc: (args) => {
      const { a, b } = args.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return slow.kernelFunc(args);
      const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
      return multiply(args.backend as BackendWasm, a, b, transposeA, transposeB);
    },
  };
}

/** {@link batchMatMul} with a bias and an activation. The stock kernel adds the bias wrongly to transposed products. */
export function fusedMatMul(): tf.KernelConfig {
  const slow = cpuFallback('_FusedMatMul');
  return {
    ...slow,
    kernelFunc: (args) => {
      const { a, b, bias } = args.inputs as Record<'a' | 'b' | 'bias', tf.TensorInfo>;
      const attrs = args.attrs as { transposeA: boolean; transposeB: boolean; activation: string };
      const backend = args.backend as BackendWasm;
      const n = b.shape[attrs.transposeB ? b.shape.length - 2 : b.shape.length - 1]!;
      const fits = bias == null || tf.util.arraysEqual(bias.shape, [n]);
      if (!fits || a.dtype !== 'float32' || b.dtype !== 'float32') return slow.kernelFunc(args);
      const out = multiply(backend, a, b, attrs.transposeA, attrs.transposeB);
      const rows = tf.util.sizeFromShape(out.shape.slice(0, -1));
      const relu = attrs.activation === 'relu' ? 1 : 0;
      kernelsOf(backend).run.addBiasRelu(
        pointer(backend, out),
        bias ? pointer(backend, bias) : 0,
        rows,
        n,
        relu,
      );
      return activate(out, args);
    },
  };
}

/** Kernels of the activations that {@link fusedMatMul} does not compute itself. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/** Applies the activation that `args` of a fused kernel name to `x`, and frees `x`. */
export function activate(x: tf.TensorInfo, args: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { activation, leakyreluAlpha } = args.attrs as { activation?: string; leakyreluAlpha?: number };
  const name = ACTIVATIONS[activation ?? ''];
  if (!name) return x;
  const inputs = name === 'Prelu' ? { x, alpha: args.inputs.preluActivationWeights! } : { x };
  const y = tf.getKernel(name, 'wasm').kernelFunc({
    inputs,
    attrs: { alpha: leakyreluAlpha ?? 0.2 },
    backend: args.backend,
  });
  (args.backend as BackendWasm).disposeData(x.dataId);
  return y as tf.TensorInfo;
}

function multiply(
  backend: BackendWasm,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): tf.TensorInfo {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new Error(`matMul: expected matrices, got [${a.shape}] and [${b.shape}]`);
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== inner) throw new Error(`matMul: inner sizes must match, got [${a.shape}] and [${b.shape}]`);
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const out = backend.makeOutput([...batch, m, n], 'float32');
  const size = tf.util.sizeFromShape(out.shape);
  if (size === 0) return out;
  const c = pointer(backend, out);
  if (k === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const { run, scratch } = kernelsOf(backend);
  const aAt = pointer(backend, a);
  const bAt = pointer(backend, b);
  const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
  const product = (rows: number, i: number, j: number, o: number): void =>
    run.gemm(
      ...([rows, n, k] as const),
      ...([aAt + 4 * i * m * k, aRow, aColumn] as const),
      ...([bAt + 4 * j * k * n, bRow, bColumn] as const),
      ...([c + 4 * o * m * n, n, 0, scratch] as const),
    );
  const products = tf.util.sizeFromShape(batch);
  const oneB = tf.util.sizeFromShape(bBatch) === 1;
  if (oneB && !transposeA) {
    product(products * m, 0, 0, 0); // one B for all: the rows of A follow each other
    return out;
  }
  const aIndex = batchIndex(aBatch, batch);
  const bIndex = batchIndex(bBatch, batch);
  for (let o = 0; o < products; ++o) product(m, aIndex(o), bIndex(o), o);
  return out;
}

/** Which matrix of a stack of shape `own` takes part in product number `o` of the stack `all`. */
function batchIndex(own: readonly number[], all: readonly number[]): (o: number) => number {
  if (tf.util.sizeFromShape([...own]) === tf.util.sizeFromShape([...all])) return (o) => o;
  const padded = [...new Array<number>(all.length - own.length).fill(1), ...own];
  return (o) => {
    let index = 0;
    let step = 1;
    for (let axis = all.length - 1; axis >= 0; --axis) {
      if (padded[axis] !== 1) index += (o % all[axis]!) * step;
      step *= padded[axis]!;
      o = Math.floor(o / all[axis]!);
    }
    return index;
  };
}
