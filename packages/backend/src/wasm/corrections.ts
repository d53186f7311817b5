import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { cpuFallback } from './fallback';

type Inputs = Record<string, tf.TensorInfo>;

/** Cases that a stock kernel computes wrongly, by kernel. They take the way through the CPU backend. */
const WRONG: Readonly<Record<string, (inputs: Inputs, attrs: Record<string, unknown>) => boolean>> = {
  All: isEmpty,
  Any: isEmpty,
  Max: isEmpty,
  Min: isEmpty,
  Mean: isEmpty,
  Prod: isEmpty,
  Sum: isEmpty, // an empty reduction leaves its result unset
  GatherV2: isEmpty, // the result has the shape of an intermediate, and its inputs leak
  AvgPool: isFractional,
  MaxPool: isFractional,
  Bincount: ({ x }) => x!.shape.length > 1, // counts rows where the others count all
  Conv2D: isUnusualConvolution,
  FusedConv2D: isUnusualConvolution,
  FusedDepthwiseConv2D: isUnusualConvolution,
  ...Object.fromEntries(
    ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].map((name) => [name, isText]),
  ),
  Fill: (_, { dtype, value }) => dtype === 'string' || typeof value === 'string',
  SparseToDense: ({ sparseValues }) => sparseValues!.dtype === 'string', // aborts
  Tile: isText, // aborts
  Reverse: ({ x }) => x!.dtype === 'bool', // writes 4 bytes for each 1, past the end
  Select: ({ t }) => t!.dtype === 'bool', // the same
  StridedSlice: ({ x }) => x!.dtype !== 'float32', // labels the result float32
};

/** Kernels whose stock version is wrong in some cases, corrected. */
export function corrections(): tf.KernelConfig[] {
  return [
    ...Object.entries(WRONG).map(([name, wrong]) => corrected(name, wrong)),
    identity(),
    clip(),
    slice(),
    cumulative('Cumsum'),
    cumulative('Cumprod'),
    castToBool(),
    oneHot(),
  ];
}

function corrected(name: string, wrong: (typeof WRONG)[string]): tf.KernelConfig {
  const stock = tf.getKernel(name, 'wasm');
  const slow = cpuFallback(name);
  return {
    ...stock,
    kernelFunc: (args) =>
      (wrong(args.inputs as Inputs, (args.attrs ?? {}) as Record<string, unknown>) ? slow : stock).kernelFunc(
        args,
      ),
  };
}

function isEmpty({ x }: Inputs): boolean {
  return tf.util.sizeFromShape(x!.shape) === 0;
}

function isText(inputs: Inputs): boolean {
  return Object.values(inputs).some((input) => input?.dtype === 'string');
}

/** Windows of one pixel with a stride leave the result unset. */
function isFractional(_: Inputs, { filterSize }: Record<string, unknown>): boolean {
  return [filterSize].flat().every((side) => side === 1);
}

/** Channels first, or a bias that is no vector: the stock kernels refuse both. */
function isUnusualConvolution({ bias }: Inputs, { dataFormat }: Record<string, unknown>): boolean {
  return dataFormat === 'NCHW' || (bias != null && bias.shape.length !== 1);
}

/** The stock kernel copies the values; a tensor of the same values can share them, as on the other backends. */
function identity(): tf.KernelConfig {
  return {
    ...tf.getKernel('Identity', 'wasm'),
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs.x!;
      (backend as BackendWasm).incRef(dataId);
      return { dataId, shape, dtype };
    },
  };
}

/** The stock kernel turns NaN into the lower bound, and compares other types than float32 as bits. */
function clip(): tf.KernelConfig {
  const slow = cpuFallback('ClipByValue');
  return {
    ...tf.getKernel('ClipByValue', 'wasm'),
    kernelFunc: (args) => {
      const { x } = args.inputs as { x: tf.TensorInfo };
      if (x.dtype !== 'float32') return slow.kernelFunc(args);
      const { clipValueMin: low, clipValueMax: high } = args.attrs as Record<string, number>;
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(x.shape, 'float32');
      const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)];
      for (let i = 0; i < to.length; ++i) to[i] = Math.min(Math.max(from[i]!, low!), high!);
      return out;
    },
  };
}

/** The stock kernel reads outside of its input where a slice is too long. */
function slice(): tf.KernelConfig {
  const stock = tf.getKernel('Slice', 'wasm');
  return {
    ...stock,
    kernelFunc: (args) => {
      const { x } = args.inputs as { x: tf.TensorInfo };
      const { begin, size } = args.attrs as Record<'begin' | 'size', number[]>;
      const [from, count] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
      tf.slice_util.assertParamsValid(x as tf.Tensor, from, count);
      return stock.kernelFunc(args);
    },
  };
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
