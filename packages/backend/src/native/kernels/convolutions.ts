import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend';
import type { KernelArgs, KernelTable } from '../kernel';
import { allFloat, output } from '../tensors';
import { finish, multiply } from './products';
import { imagesOf, recordedPatches, turned, turnedFilter } from './recorded-patches';

type ConvInfo = backend_util.Conv2DInfo;

interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape?: [number, number, number, number];
  readonly inputShape?: [number, number, number, number];
}

/** Elements of the patch matrix built at a time: it should stay in the processor's cache until it is multiplied. */
const PATCH_ELEMENTS = 1 << 20;

/**
 * A convolution is a product with the matrix of patches `[b·h·w, kh·kw·i]` (h, w: output rows and columns; i, o:
 * channels), and so are both its gradients. In this layout (channels last) a row of a patch is one run of memory.
 */
function conv2d(args: KernelArgs<ConvAttrs>): TensorInfo | undefined {
  const { x, filter } = args.inputs;
  const { backend, attrs } = args;
  const info = convInfo(x.shape, filter.shape, attrs);
  if (info === undefined || !allFloat(x, filter) || util.sizeFromShape(info.outShape) === 0) return undefined;
  const weights = backend.read32(filter);
  const y = backend.floats(util.sizeFromShape(info.outShape));
  const { outChannels: o } = info;
  const size = patchSize(info);
  forPatches(backend, info, backend.read32(x), 'gather', (patches, rows, first) => {
    const part = y.subarray(first * o, (first + rows) * o);
    multiply(backend, [[rows, size], patches], [[size, o], weights], [[rows, o], part]);
  });
  return output(backend, info.outShape, y);
}

/** Weight gradient: patchesᵀ · dy. */
function conv2dFilter({ inputs: { x, dy }, attrs, backend }: KernelArgs<ConvAttrs>): TensorInfo | undefined {
  const info = convInfo(x.shape, attrs.filterShape!, attrs);
  if (info === undefined || !allFloat(x, dy) || !util.arraysEqual(dy.shape, info.outShape)) return undefined;
  const { outChannels: o } = info;
  const size = patchSize(info);
  const gradient = backend.floats(size * o);
  const [part, dyValues] = [backend.floats(size * o), backend.read32(dy)];
  let begun = false;
  forPatches(backend, info, backend.read32(x), 'gather', (patches, rows, first) => {
    const piece = dyValues.subarray(first * o, (first + rows) * o);
    const into = begun ? part : gradient;
    multiply(backend, [[rows, size], patches], [[rows, o], piece], [[size, o], into], true, false);
    if (begun) for (let i = 0; i < part.length; i++) gradient[i] += part[i];
    begun = true;
  });
  return output(backend, info.filterShape, gradient);
}

/** Input gradient: dy · weightsᵀ, whose rows are added back to where the patches were taken. */
function conv2dInput({
  inputs: { dy, filter },
  attrs,
  backend,
}: KernelArgs<ConvAttrs>): TensorInfo | undefined {
  const info = convInfo(attrs.inputShape!, filter.shape, attrs);
  if (info === undefined || !allFloat(dy, filter) || !util.arraysEqual(dy.shape, info.outShape))
    return undefined;
  const { outChannels: o } = info;
  const size = patchSize(info);
  const [dyValues, weights] = [backend.read32(dy), backend.read32(filter)];
  const back = backend.recorder && turned(info);
  if (back) {
    const { conv } = back;
    const [k, i] = [patchSize(conv), conv.outChannels];
    const filterBack = turnedFilter(backend, back, weights);
    const blocks = backend.floats(conv.batchSize * conv.outHeight * conv.outWidth * i);
    forPatches(backend, conv, dyValues, 'gather', (patches, rows) => {
      multiply(backend, [[rows, k], patches], [[k, i], filterBack], [[rows, i], blocks]);
    });
    return output(backend, info.inShape, imagesOf(backend, back, blocks));
  }
  const dx = backend.floats(util.sizeFromShape(info.inShape));
  if (!isDirect(info)) dx.fill(0);
  forPatches(backend, info, dx, 'scatter', (patches, rows, first) => {
    const piece = dyValues.subarray(first * o, (first + rows) * o);
    multiply(backend, [[rows, o], piece], [[size, o], weights], [[rows, size], patches], false, true);
  });
  return output(backend, info.inShape, dx);
}

function fusedConv2d(args: KernelArgs<ConvAttrs & { activation?: string }>): TensorInfo | undefined {
  const product = conv2d(args);
  return product && finish(product, args as unknown as Parameters<typeof finish>[1]);
}

/** The geometry, or undefined where the layout or the rounding is not the usual one. */
function convInfo(x: number[], filter: number[], attrs: ConvAttrs): ConvInfo | undefined {
  const { strides, pad, dataFormat, dilations = 1, dimRoundingMode } = attrs;
  if (dataFormat === 'NCHW') return undefined;
  return backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
}

const patchSize = (c: ConvInfo): number => c.filterHeight * c.filterWidth * c.inChannels;

/** One pixel, no stride: the input already is the patch matrix. */
const isDirect = (c: ConvInfo): boolean =>
  [c.filterHeight, c.filterWidth, c.strideHeight, c.strideWidth].every((n) => n === 1) &&
  c.outHeight === c.inHeight &&
  c.outWidth === c.inWidth &&
  c.padInfo.top === 0 &&
  c.padInfo.left === 0;

/**
 * Visits the patch matrix of image `x` a few images at a time. `gather` fills it before `visit(patches, rows, first
 * row)`, `scatter` adds it to `x` afterwards.
 */
function forPatches(
  backend: NativeBackend,
  c: ConvInfo,
  x: Float32Array,
  direction: 'gather' | 'scatter',
  visit: (patches: Float32Array, rows: number, first: number) => void,
): void {
  const size = patchSize(c);
  const rowsEach = c.outHeight * c.outWidth;
  if (isDirect(c)) {
    visit(x, c.batchSize * rowsEach, 0);
    return;
  }
  if (backend.recorder) {
    const rows = c.batchSize * rowsEach;
    const patches = backend.floats(rows * size);
    if (direction === 'gather') recordedPatches(backend, c, x, patches, direction);
    visit(patches, rows, 0);
    if (direction === 'scatter') recordedPatches(backend, c, x, patches, direction);
    return;
  }
  const images = Math.max(1, Math.min(c.batchSize, Math.floor(PATCH_ELEMENTS / (rowsEach * size))));
  const scratch = backend.floats(images * rowsEach * size);
  backend.pool.retain(scratch);
  for (let b = 0; b < c.batchSize; b += images) {
    const count = Math.min(images, c.batchSize - b);
    const patches = scratch.subarray(0, count * rowsEach * size);
    if (direction === 'gather') movePatches(c, x, patches, b, count, false);
    visit(patches, count * rowsEach, b * rowsEach);
    if (direction === 'scatter') movePatches(c, x, patches, b, count, true);
  }
  backend.pool.release(scratch);
}

/** Copies the patches of `count` images from `x`, or adds them back to it. */
function movePatches(
  c: ConvInfo,
  x: Float32Array,
  patches: Float32Array,
  b: number,
  count: number,
  add: boolean,
): void {
  const { inHeight, inWidth, inChannels: i, filterWidth: kw, dilationWidth, padInfo } = c;
  let p = 0;
  for (let image = b; image < b + count; image++) {
    for (let row = 0; row < c.outHeight; row++) {
      for (let column = 0; column < c.outWidth; column++) {
        const left = column * c.strideWidth - padInfo.left;
        const whole = dilationWidth === 1 && left >= 0 && left + kw <= inWidth;
        for (let k = 0; k < c.filterHeight; k++) {
          const r = row * c.strideHeight - padInfo.top + k * c.dilationHeight;
          const inside = r >= 0 && r < inHeight;
          const line = ((image * inHeight + r) * inWidth + left) * i;
          // A run of memory: the whole row of the patch, or one pixel of it at the border.
          const [runs, length, stride] = whole ? [1, kw * i, 0] : [kw, i, dilationWidth * i];
          for (let n = 0; n < runs; n++, p += length) {
            const column = left + n * dilationWidth;
            const q = line + n * stride;
            if (!inside || column < 0 || column >= inWidth) {
              if (!add) for (let e = 0; e < length; e++) patches[p + e] = 0;
            } else if (add) for (let e = 0; e < length; e++) x[q + e] += patches[p + e];
            else for (let e = 0; e < length; e++) patches[p + e] = x[q + e];
          }
        }
      }
    }
  }
}

export const convolutions: KernelTable = {
  Conv2D: conv2d,
  FusedConv2D: fusedConv2d,
  Conv2DBackpropFilter: conv2dFilter,
  Conv2DBackpropInput: conv2dInput,
};
