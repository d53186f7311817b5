import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { KernelArgs, KernelTable, NativeKernel } from '../kernel';
import { allFloat, output } from '../tensors';

type PoolInfo = backend_util.Conv2DInfo;

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const poolInfo = (shape: number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): PoolInfo =>
  backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );

/**
 * Calls `visit(offset in y, offsets in x)` for each window, the image border cut off. Offsets point at channel 0; the
 * channels are neighbours in memory.
 */
function forWindows(c: PoolInfo, visit: (y: number, xs: readonly number[], count: number) => void): void {
  const xs = new Array<number>(c.filterHeight * c.filterWidth).fill(0);
  let y = 0;
  for (let b = 0; b < c.batchSize; b++) {
    for (let row = 0; row < c.outHeight; row++) {
      for (let column = 0; column < c.outWidth; column++, y += c.inChannels) {
        const [top, left] = [row * c.strideHeight - c.padInfo.top, column * c.strideWidth - c.padInfo.left];
        let count = 0;
        for (let r = Math.max(0, top); r < Math.min(c.inHeight, top + c.filterHeight); r++) {
          for (let q = Math.max(0, left); q < Math.min(c.inWidth, left + c.filterWidth); q++) {
            xs[count++] = ((b * c.inHeight + r) * c.inWidth + q) * c.inChannels;
          }
        }
        visit(y, xs, count);
      }
    }
  }
}

/** Largest or average value of each window; the average counts only pixels inside the image. */
function pool(kind: 'max' | 'average'): NativeKernel {
  return ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat(x)) return undefined;
    const c = poolInfo(x.shape, attrs as PoolAttrs);
    // One pixel, same size: tfjs passes its input on, whatever the stride.
    if (c.filterHeight * c.filterWidth === 1 && util.arraysEqual(c.inShape, c.outShape)) return undefined;
    const values = backend.read32(x);
    const out = backend.floats(util.sizeFromShape(c.outShape));
    const { inChannels: channels } = c;
    forWindows(c, (y, xs, count) => {
      out.fill(kind === 'max' ? Number.NEGATIVE_INFINITY : 0, y, y + channels);
      for (let n = 0; n < count; n++) {
        const p = xs[n];
        if (kind === 'average') for (let i = 0; i < channels; i++) out[y + i] += values[p + i] / count;
        // NaN is passed over, as in tfjs.
        else for (let i = 0; i < channels; i++) if (values[p + i] > out[y + i]) out[y + i] = values[p + i];
      }
    });
    return output(backend, c.outShape, out);
  };
}

/** The gradient goes to the first of the largest values. */
function maxPoolGrad({ inputs, attrs, backend }: KernelArgs<PoolAttrs>): TensorInfo | undefined {
  const { dy, input } = inputs;
  if (!allFloat(dy, input)) return undefined;
  const c = poolInfo(input.shape, attrs);
  const [x, g] = [backend.read32(input), backend.read32(dy)];
  const dx = backend.floats(x.length).fill(0);
  forWindows(c, (y, xs, count) => {
    for (let i = 0; i < c.inChannels; i++) {
      let [best, largest] = [-1, Number.NEGATIVE_INFINITY];
      for (let n = 0; n < count; n++) {
        if (x[xs[n] + i] > largest) [best, largest] = [n, x[xs[n] + i]];
      }
      if (best >= 0) dx[xs[best] + i] += g[y + i];
    }
  });
  return output(backend, input.shape, dx);
}

/** The gradient is spread evenly over the window, border included, as in tfjs. */
function avgPoolGrad({
  inputs: { dy, input },
  attrs,
  backend,
}: KernelArgs<PoolAttrs>): TensorInfo | undefined {
  if (!allFloat(dy, input)) return undefined;
  const c = poolInfo(input.shape, attrs);
  const g = backend.read32(dy);
  const dx = backend.floats(util.sizeFromShape(input.shape)).fill(0);
  const share = 1 / (c.filterHeight * c.filterWidth);
  forWindows(c, (y, xs, count) => {
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < c.inChannels; i++) dx[xs[n] + i] += g[y + i] * share;
    }
  });
  return output(backend, input.shape, dx);
}

/** `(x - mean) / √(variance + ε) · scale + offset`, all of one value a channel. */
function batchNorm({
  inputs,
  attrs,
  backend,
  call,
}: KernelArgs<{ varianceEpsilon?: number }>): TensorInfo | undefined {
  const { x, mean, variance, scale, offset } = inputs;
  const given = [mean, variance, scale, offset].filter((t) => t != null);
  const channels = x.shape.at(-1) ?? 0;
  if (!allFloat(x, ...given) || given.some((t) => t.shape.length !== 1 || t.shape[0] !== channels))
    return undefined;
  const [m, v] = [backend.read32(mean), backend.read32(variance)];
  const s = scale && backend.read32(scale);
  const o = offset && backend.read32(offset);
  const [factor, shift] = [backend.floats(channels), backend.floats(channels)];
  for (let i = 0; i < channels; i++) {
    factor[i] = (s ? s[i] : 1) / Math.sqrt(v[i] + (attrs.varianceEpsilon ?? 0.001));
    shift[i] = (o ? o[i] : 0) - m[i] * factor[i];
  }
  const [a, b] = [output(backend, [channels], factor), output(backend, [channels], shift)];
  const scaled = call('Multiply', { a: x, b: a });
  const result = call('Add', { a: scaled, b });
  for (const t of [a, b, scaled]) backend.disposeIntermediateTensorInfo(t);
  return result;
}

export const pooling: KernelTable = {
  MaxPool: pool('max'),
  AvgPool: pool('average'),
  MaxPoolGrad: maxPoolGrad,
  AvgPoolGrad: avgPoolGrad,
  FusedBatchNorm: batchNorm,
};
