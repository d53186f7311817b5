import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { cpuFallback } from './fallback';

type Inputs = Record<string, tf.TensorInfo>;

/** Cases that a stock kernel computes wrongly, by kernel. They take the way through the CPU backend. */
const WRONG: Readonly<Record<string, (inputs: Inputs) => boolean>> = {
  All: isEmpty,
  Any: isEmpty,
  Max: isEmpty,
  Min: isEmpty,
  Mean: isEmpty,
  Prod: isEmpty,
  Sum: isEmpty, // an empty reduction leaves its result unset
  GatherV2: isEmpty, // the result has the shape of an intermediate, and its inputs leak
  ClipByValue: ({ x }) => x!.dtype !== 'float32', // bounds are compared as bits
  Reverse: ({ x }) => x!.dtype === 'bool', // writes 4 bytes for each 1, past the end
  Select: ({ t }) => t!.dtype === 'bool', // the same
  StridedSlice: ({ x }) => x!.dtype !== 'float32', // labels the result float32
};

/** Kernels whose stock version is wrong in some cases, corrected. */
export function corrections(): tf.KernelConfig[] {
  return [
    ...Object.entries(WRONG).map(([name, wrong]) => corrected(name, wrong)),
    cumulative('Cumsum'),
    cumulative('Cumprod'),
    castToBool(),
    oneHot(),
  ];
}

function corrected(name: string, wrong: (inputs: Inputs) => boolean): tf.KernelConfig {
  const stock = tf.getKernel(name, 'wasm');
  const slow = cpuFallback(name);
  return {
    ...stock,
    kernelFunc: (args) => (wrong(args.inputs as Inputs) ? slow : stock).kernelFunc(args),
  };
}

function isEmpty({ x }: Inputs): boolean {
  return tf.util.sizeFromShape(x!.shape) === 0;
}

/** The stock kernels write past their memory when the axis counts from the end. */
function cumulative(name: string): tf.KernelConfig {
  const stock = tf.getKernel(name, 'wasm');
  return {
    ...stock,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const axis = tf.util.parseAxisParam(attrs!.axis as number, inputs.x!.shape)[0]!;
      return stock.kernelFunc({ inputs, attrs: { ...attrs, axis }, backend });
    },
  };
}

/** The stock cast to bool keeps the lowest byte of a number; ours asks whether the number is 0. */
function castToBool(): tf.KernelConfig {
  const stock = tf.getKernel('Cast', 'wasm');
  return {
    ...stock,
    kernelFunc: (args) => {
      const { x } = args.inputs as { x: tf.TensorInfo };
      const { dtype } = args.attrs as { dtype: tf.DataType };
      const number = x.dtype === 'float32' || x.dtype === 'int32';
      if (dtype !== 'bool' || !number) return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(x.shape, 'bool');
      const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)];
      for (let i = 0; i < to.length; ++i) to[i] = from[i] === 0 ? 0 : 1;
      return out;
    },
  };
}

/** The stock kernel writes whole numbers into results of every type. */
function oneHot(): tf.KernelConfig {
  const stock = tf.getKernel('OneHot', 'wasm');
  return {
    ...stock,
    kernelFunc: (args) => {
      const { indices } = args.inputs as { indices: tf.TensorInfo };
      const { depth, onValue, offValue, dtype } = args.attrs as Record<string, number> & {
        dtype: tf.DataType;
      };
      if (dtype === 'int32' || indices.dtype !== 'int32') return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput([...indices.shape, depth!], dtype);
      const values = backend.typedArrayFromHeap(out).fill(offValue!);
      backend.typedArrayFromHeap(indices).forEach((id, i) => {
        if (id >= 0 && id < depth!) values[i * depth! + id] = onValue!;
      });
      return out;
    },
  };
}
