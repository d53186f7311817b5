import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { cpuFallback } from './fallback';
import { COLUMN_FLOATS, type Kernels, kernelsOf, pointer } from './kernels';
import { activate } from './matmul';

type Shape4D = [number, number, number, number];
type ConvInfo = tf.backend_util.Conv2DInfo;

interface ConvAttrs {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape?: Shape4D;
  readonly filterShape?: Shape4D;
  readonly activation?: string;
}

/** Below this many input channels the stock kernel is faster: it unrolls no patches. */
const FEW_CHANNELS = 32;

/** Convolution, plain or with bias and activation; shapes that ours leaves out stay with the `stock` kernel. */
export function conv2d(stock: tf.KernelConfig): tf.KernelConfig {
  return {
    ...stock,
    kernelFunc: (args) => {
      const { x, filter, bias } = args.inputs as Record<'x' | 'filter' | 'bias', tf.TensorInfo>;
      const attrs = args.attrs as unknown as ConvAttrs;
      const info = describe(x.shape, filter.shape, attrs);
      const fits = bias == null || tf.util.arraysEqual(bias.shape, [info.outChannels]);
      const narrow = info.inChannels < FEW_CHANNELS;
      if (narrow || !fits || !suits(info, attrs)) return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(info.outShape, 'float32');
      const { run, columns, scratch } = prepare(backend, info);
      run.conv2d(
        info.batchSize,
        ...[x, filter, out].map((t) => pointer(backend, t)),
        bias ? pointer(backend, bias) : 0,
        attrs.activation === 'relu' ? 1 : 0,
        columns,
        rowsThatFit(info, 512),
        scratch,
      );
      return activate(out, args);
    },
  };
}

/** Gradient of a convolution in its filter, which the stock backend lacks. */
export function conv2dBackpropFilter(): tf.KernelConfig {
  const slow = cpuFallback('Conv2DBackpropFilter');
  return {
    ...slow,
    kernelFunc: (args) => {
      const { x, dy } = args.inputs as Record<'x' | 'dy', tf.TensorInfo>;
      const attrs = args.attrs as unknown as ConvAttrs;
      const info = describe(x.shape, attrs.filterShape!, attrs);
      if (!suits(info, attrs)) return slow.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(info.filterShape, 'float32');
      const { run, columns, scratch } = prepare(backend, info);
      const [xAt, dyAt, outAt] = [x, dy, out].map((t) => pointer(backend, t)) as [number, number, number];
      run.conv2dFilterGradient(info.batchSize, xAt, dyAt, outAt, columns, rowsThatFit(info, 256), scratch);
      return out;
    },
  };
}

/** Gradient of a convolution in its input. */
export function conv2dBackpropInput(): tf.KernelConfig {
  const slow = cpuFallback('Conv2DBackpropInput');
  return {
    ...slow,
    kernelFunc: (args) => {
      const { dy, filter } = args.inputs as Record<'dy' | 'filter', tf.TensorInfo>;
      const attrs = args.attrs as unknown as ConvAttrs;
      const info = describe(attrs.inputShape!, filter.shape, attrs);
      const fits = tf.util.arraysEqual(dy.shape, info.outShape);
      if (!fits || !suits(info, attrs)) return slow.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(info.inShape, 'float32');
      const { run, columns, scratch } = prepare(backend, info);
      const [outAt, dyAt, at] = [out, dy, filter].map((t) => pointer(backend, t)) as [number, number, number];
      run.conv2dInputGradient(info.batchSize, outAt, dyAt, at, columns, rowsThatFit(info, 512), scratch);
      return out;
    },
  };
}

/** Gradient of max pooling. The stock kernel gives wrong values where windows follow each other. */
export function maxPoolGrad(): tf.KernelConfig {
  return {
    kernelName: 'MaxPoolGrad',
    backendName: 'wasm',
    kernelFunc: (args) => {
      const { dy, input } = args.inputs as Record<'dy' | 'input', tf.TensorInfo>;
      const attrs = args.attrs as unknown as ConvAttrs & { filterSize: [number, number] | number };
      const info = tf.backend_util.computePool2DInfo(
        input.shape as Shape4D,
        attrs.filterSize,
        attrs.strides,
        1,
        attrs.pad as 'same',
        attrs.dimRoundingMode,
      );
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(input.shape, 'float32');
      const [xAt, dyAt, outAt] = [input, dy, out].map((t) => pointer(backend, t)) as [number, number, number];
      prepare(backend, info).run.maxPoolGradient(info.batchSize, xAt, dyAt, outAt);
      return out;
    },
  };
}

function describe(inShape: number[], filterShape: number[], attrs: ConvAttrs): ConvInfo {
  return tf.backend_util.computeConv2DInfo(
    inShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad as 'same',
    attrs.dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(attrs.dataFormat),
  );
}

/** Channels last, something to compute, one group, and a patch that fits the scratch memory. */
function suits(info: ConvInfo, attrs: ConvAttrs): boolean {
  const sizes = tf.util.sizeFromShape([...info.inShape, ...info.outShape, ...info.filterShape]);
  const grouped = info.filterShape[2] !== info.inChannels;
  return attrs.dataFormat !== 'NCHW' && sizes > 0 && !grouped && patchWidth(info) <= COLUMN_FLOATS;
}

function prepare(backend: BackendWasm, info: ConvInfo): Kernels {
  const kernels = kernelsOf(backend);
  kernels.run.convShape(
    ...[info.inHeight, info.inWidth, info.inChannels],
    ...[info.outHeight, info.outWidth, info.outChannels],
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left],
  );
  return kernels;
}

function patchWidth(info: ConvInfo): number {
  return info.filterHeight * info.filterWidth * info.inChannels;
}

function rowsThatFit(info: ConvInfo, most: number): number {
  return Math.min(most, Math.floor(COLUMN_FLOATS / patchWidth(info)));
}
