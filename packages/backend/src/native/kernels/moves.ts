import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend';
import { ortTensor } from '../binding';
import { type KernelArgs, type KernelTable, single } from '../kernel';
import { ELEMENT, type Graph } from '../onnx-bytes';
import type { PooledArray } from '../pool';
import { allFloat, output, type Shaped } from '../tensors';

/** Reads or writes an array with one stride an axis, in elements. */
interface Strided {
  readonly values: Float32Array;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Copies an n-dimensional block: every slice, padding, concatenation and repetition is such a copy. */
function copyBlock(from: Strided, to: Strided, shape: readonly number[]): void {
  const [src, dst] = [from.values, to.values];
  // Axes that continue each other in both arrays become one: longer runs, fewer loops.
  const axes: { size: number; s: number; d: number }[] = [];
  shape.forEach((size, i) => {
    const [s, d] = [from.strides[i], to.strides[i]];
    const last = axes.at(-1);
    if (size === 1) return;
    if (last && last.s === s * size && last.d === d * size)
      axes[axes.length - 1] = { size: last.size * size, s, d };
    else axes.push({ size, s, d });
  });
  const inner = axes.pop() ?? { size: 1, s: 1, d: 1 };
  const visit = (axis: number, p: number, q: number): void => {
    if (axis < axes.length) {
      const { size, s, d } = axes[axis];
      for (let i = 0; i < size; i++) visit(axis + 1, p + i * s, q + i * d);
    } else if (inner.s === 1 && inner.d === 1 && inner.size > 64) dst.set(src.subarray(p, p + inner.size), q);
    else for (let i = 0; i < inner.size; i++, p += inner.s, q += inner.d) dst[q] = src[p];
  };
  visit(0, from.offset, to.offset);
}

/** Row-major strides, one for each axis. */
function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    result[i] = stride;
    stride *= shape[i];
  }
  return result;
}

const dense = (values: Float32Array, shape: readonly number[], offset = 0): Strided => ({
  values,
  offset,
  strides: strides(shape),
});

function transpose({
  inputs: { x },
  attrs,
  backend,
}: KernelArgs<{ perm: number[] }>): TensorInfo | undefined {
  if (!allFloat(x)) return undefined;
  const { perm } = attrs;
  const shape = perm.map((axis) => x.shape[axis]);
  const values = backend.read32(x);
  const moved = perm.filter((axis) => x.shape[axis] > 1);
  if (moved.every((axis, i) => i === 0 || moved[i - 1] < axis)) {
    backend.incRef(x.dataId); // only axes of size 1 move: the memory stays as it is
    return { dataId: x.dataId, shape, dtype: x.dtype };
  }
  const out = backend.floats(values.length);
  if (values.length < backend.crossover) {
    const from = strides(x.shape);
    copyBlock({ values, offset: 0, strides: perm.map((axis) => from[axis]) }, dense(out, shape), shape);
  } else {
    const graph = () => single('Transpose', 1, { perm: { ints: perm } });
    backend.run(`Transpose ${perm}`, graph, [[x.shape, values]], [[shape, out]]);
  }
  return output(backend, shape, out);
}

function slice({ inputs: { x }, attrs, backend }: KernelArgs<{ begin: number[]; size: number[] }>) {
  const [begin, size] = slice_util.parseSliceParams(x as never, attrs.begin, attrs.size);
  slice_util.assertParamsValid(x as never, begin, size);
  // A contiguous slice is a view, which the CPU kernel makes.
  if (!allFloat(x) || util.sizeFromShape(size) === 0) return undefined;
  if (backend.recorder) return block(backend, x, begin, size);
  if (slice_util.isSliceContinous(x.shape, begin, size)) return undefined;
  const out = backend.floats(util.sizeFromShape(size));
  const from = strides(x.shape);
  const offset = begin.reduce((sum, b, i) => sum + b * from[i], 0);
  copyBlock({ values: backend.read32(x), offset, strides: from }, dense(out, size), size);
  return output(backend, size, out);
}

/** The graph of one operator with a vector of whole numbers as second input. */
const withVector = (op: string, name: string, values: readonly number[]): Graph => ({
  nodes: [{ op, inputs: ['a', name], outputs: ['y'] }],
  inputs: { a: 'float32' },
  outputs: { y: 'float32' },
  constants: { [name]: values },
});

/** A slice by onnxruntime, along each axis that is cut: for recordings. */
function block(backend: NativeBackend, x: TensorInfo, begin: readonly number[], size: readonly number[]) {
  let [dims, values] = [x.shape, backend.read32(x)];
  size.forEach((n, axis) => {
    if (n === dims[axis]) return;
    const next = dims.map((s, i) => (i === axis ? n : s));
    const out = backend.floats(util.sizeFromShape(next));
    cut(backend, [dims, values], [next, out], axis, begin[axis]);
    [dims, values] = [next, out];
  });
  if (values !== backend.read32(x)) return output(backend, size, values);
  backend.incRef(x.dataId); // all of it
  return { dataId: x.dataId, shape: [...size], dtype: x.dtype };
}

function pad({
  inputs: { x },
  attrs,
  backend,
}: KernelArgs<{ paddings: [number, number][]; constantValue: number }>) {
  if (!allFloat(x)) return undefined;
  const shape = attrs.paddings.map(([before, after], i) => before + x.shape[i] + after);
  if (backend.recorder && attrs.constantValue === 0) {
    const out = backend.floats(util.sizeFromShape(shape));
    const pads = [0, 1].flatMap((side) => attrs.paddings.map((pair) => pair[side]));
    const graph = () => withVector('Pad', 'pads', pads);
    backend.run(`Pad ${pads}`, graph, [[x.shape, backend.read32(x)]], [[shape, out]]);
    return output(backend, shape, out);
  }
  const to = strides(shape);
  const out = backend.floats(util.sizeFromShape(shape)).fill(attrs.constantValue);
  const offset = attrs.paddings.reduce((sum, [before], i) => sum + before * to[i], 0);
  copyBlock(dense(backend.read32(x), x.shape), { values: out, offset, strides: to }, x.shape);
  return output(backend, shape, out);
}

function split({
  inputs: { x },
  attrs,
  backend,
}: KernelArgs<{ numOrSizeSplits: number | number[]; axis: number }>) {
  if (!allFloat(x) || util.sizeFromShape(x.shape) === 0) return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0];
  const values = backend.read32(x);
  const from = strides(x.shape);
  let begin = 0;
  return backend_util.prepareSplitSize(x as never, attrs.numOrSizeSplits, axis).map((count) => {
    const size = x.shape.map((s, i) => (i === axis ? count : s));
    const out = backend.floats(util.sizeFromShape(size));
    if (backend.recorder) cut(backend, [x.shape, values], [size, out], axis, begin);
    else copyBlock({ values, offset: begin * from[axis], strides: from }, dense(out, size), size);
    begin += count;
    return output(backend, size, out);
  });
}

/** One cut along `axis` by onnxruntime: for recordings, which must not see a copy made in JavaScript. */
function cut(backend: NativeBackend, from: Shaped, to: Shaped, axis: number, begin: number): void {
  // To the end, however long the axis is: a recording may meet other lengths.
  const end = begin + to[0][axis] === from[0][axis] ? 2 ** 31 - 1 : begin + to[0][axis];
  const graph = (): Graph => ({
    nodes: [{ op: 'Slice', inputs: ['a', 'begin', 'end', 'axis'], outputs: ['y'] }],
    inputs: { a: 'float32' },
    outputs: { y: 'float32' },
    constants: { begin: [begin], end: [end], axis: [axis] },
  });
  backend.run(`Slice ${axis} ${begin} ${end}`, graph, [from], [to]);
}

function concat({ inputs, attrs, backend }: KernelArgs<{ axis: number }>): TensorInfo | undefined {
  const tensors = Object.values(inputs);
  if (tensors.length < 2 || !allFloat(...tensors)) return undefined;
  const axis = util.parseAxisParam(attrs.axis, tensors[0].shape)[0];
  const shapes = tensors.map((t) => t.shape);
  backend_util.assertParamsConsistent(shapes, axis);
  const shape = backend_util.computeOutShape(shapes, axis);
  const out = backend.floats(util.sizeFromShape(shape));
  if (backend.recorder) {
    const feeds = tensors.map((t): Shaped => [t.shape, backend.read32(t)]);
    const graph = () => single('Concat', feeds.length, { axis: { int: axis } });
    backend.run(`Concat ${axis} of ${feeds.length}`, graph, feeds, [[shape, out]]);
    return output(backend, shape, out);
  }
  const to = strides(shape);
  let offset = 0;
  for (const t of tensors) {
    copyBlock(dense(backend.read32(t), t.shape), { values: out, offset, strides: to }, t.shape);
    offset += t.shape[axis] * to[axis];
  }
  return output(backend, shape, out);
}

/** Repetition as a copy with stride 0; broadcasting arrives here too. */
function tile({
  inputs: { x },
  attrs: { reps },
  backend,
}: KernelArgs<{ reps: number[] }>): TensorInfo | undefined {
  const shape = x.shape.map((size, i) => size * reps[i]);
  if (!allFloat(x) || util.sizeFromShape(shape) === 0) return undefined;
  const [from, to] = [strides(x.shape), strides(shape)];
  const out = backend.floats(util.sizeFromShape(shape));
  if (backend.recorder) {
    const graph = () => withVector('Tile', 'repeats', reps);
    backend.run(`Tile ${reps}`, graph, [[x.shape, backend.read32(x)]], [[shape, out]]);
    return output(backend, shape, out);
  }
  copyBlock(
    { values: backend.read32(x), offset: 0, strides: from.flatMap((s) => [0, s]) },
    { values: out, offset: 0, strides: to.flatMap((s, i) => [s * x.shape[i], s]) },
    x.shape.flatMap((size, i) => [reps[i], size]),
  );
  return output(backend, shape, out);
}

/** Numbers and booleans become real float32 arrays: a fast kernel will want them soon. */
function cast({
  inputs: { x },
  attrs: { dtype },
  backend,
}: KernelArgs<{ dtype: string }>): TensorInfo | undefined {
  if (backend.recorder) return recordedCast(backend, x, dtype);
  if (dtype !== 'float32' || (x.dtype !== 'int32' && x.dtype !== 'bool')) return undefined;
  const values = backend.data.get(x.dataId).values as Uint8Array;
  const out = backend.floats(values.length);
  out.set(values);
  return output(backend, x.shape, out);
}

/** Between the types that gradients use; others are not for recordings. */
function recordedCast(backend: NativeBackend, x: TensorInfo, dtype: string): TensorInfo | undefined {
  const values = backend.data.get(x.dataId).values as PooledArray;
  const { type: from } = ortTensor(x.shape, values); // a cast may have left another array than the type says
  const to = dtype === 'float32' || dtype === 'int32' ? dtype : undefined;
  if (to === undefined || from === 'int64' || values.length === 0) return undefined;
  if (from === to) {
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: to };
  }
  const out = new (to === 'float32' ? Float32Array : Int32Array)(values.length);
  const graph = () => single('Cast', [from], { to: { int: ELEMENT[to] } }, { output: to });
  backend.run(`Cast ${from} ${to}`, graph, [[x.shape, values]], [[x.shape, out]]);
  return backend.makeTensorInfo([...x.shape], to, out);
}

function fill({ attrs, backend }: KernelArgs<{ shape: number[]; value: number; dtype?: string }>) {
  const { shape, value, dtype = typeof value === 'number' ? 'float32' : 'string' } = attrs;
  if (dtype !== 'float32') return undefined;
  return output(backend, shape, backend.floats(util.sizeFromShape(shape)).fill(value));
}

const constantLike =
  (value: number) =>
  ({ inputs: { x }, backend }: KernelArgs): TensorInfo | undefined =>
    x.dtype === 'float32'
      ? fill({ attrs: { shape: x.shape, value }, backend } as Parameters<typeof fill>[0])
      : undefined;

function oneHot({
  inputs: { indices },
  attrs,
  backend,
}: KernelArgs<{ [k in 'depth' | 'onValue' | 'offValue']: number } & { dtype: string }>) {
  if (attrs.dtype !== 'float32') return undefined;
  const ids = backend.data.get(indices.dataId).values as Int32Array;
  const out = backend.floats(ids.length * attrs.depth).fill(attrs.offValue);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] >= 0 && ids[i] < attrs.depth) out[i * attrs.depth + ids[i]] = attrs.onValue;
  }
  return output(backend, [...indices.shape, attrs.depth], out);
}

function gather({
  inputs: { x, indices },
  attrs,
  backend,
}: KernelArgs<{ axis: number; batchDims?: number }>) {
  if (!allFloat(x) || util.sizeFromShape(indices.shape) === 0) return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0];
  const info = backend_util.segment_util.collectGatherOpShapeInfo(
    x as never,
    indices as never,
    axis,
    attrs.batchDims ?? 0,
  );
  const ids = backend.data.get(indices.dataId).values as Int32Array;
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
  const each = ids.length / batchSize;
  const [values, out] = [backend.read32(x), backend.floats(util.sizeFromShape(outputShape))];
  for (let id = 0; id < ids.length; id++) {
    const index = ids[id];
    util.assert(
      index >= 0 && index < dimSize,
      () => `GatherV2: the index value ${index} is not in [0, ${dimSize - 1}]`,
    );
  }
  let q = 0;
  for (let b = 0; b < batchSize; b++) {
    for (let o = 0; o < outerSize; o++) {
      for (let i = 0; i < each; i++, q += sliceSize) {
        copyRow(values, ((b * outerSize + o) * dimSize + ids[b * each + i]) * sliceSize, out, q, sliceSize);
      }
    }
  }
  return output(backend, outputShape, out);
}

function copyRow(from: Float32Array, p: number, to: Float32Array, q: number, length: number): void {
  if (length > 64) to.set(from.subarray(p, p + length), q);
  else for (let i = 0; i < length; i++) to[q + i] = from[p + i];
}

/** Adds rows of `x` that carry the same number; numbers outside the range are left out. */
function segmentSum({
  inputs: { x, segmentIds },
  attrs: { numSegments },
  backend,
}: KernelArgs<{ numSegments: number }>) {
  if (!allFloat(x) || segmentIds.shape.length !== 1) return undefined;
  const ids = backend.data.get(segmentIds.dataId).values as Int32Array;
  const values = backend.read32(x);
  const width = values.length / ids.length;
  const out = backend.floats(numSegments * width).fill(0);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] < 0 || ids[i] >= numSegments) continue;
    const [p, q] = [i * width, ids[i] * width];
    for (let e = 0; e < width; e++) out[q + e] += values[p + e];
  }
  return output(backend, [numSegments, ...x.shape.slice(1)], out);
}

export const moves: KernelTable = {
  Transpose: transpose,
  Slice: slice,
  PadV2: pad,
  Concat: concat,
  SplitV: split,
  Tile: tile,
  Cast: cast,
  Fill: fill,
  ZerosLike: constantLike(0),
  OnesLike: constantLike(1),
  OneHot: oneHot,
  GatherV2: gather,
  UnsortedSegmentSum: segmentSum,
};
