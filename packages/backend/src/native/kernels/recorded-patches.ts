import type { backend_util } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend';
import { single } from '../kernel';
import type { Graph } from '../onnx-bytes';

type ConvInfo = backend_util.Conv2DInfo;

/**
 * The patch matrix of a convolution as operators, for recordings: rows of channels are gathered from the pixels, or
 * for the gradient gathered back from the patches and summed. Row `[n, h·w]` of pixels and row `[n, k]` of patch
 * pixels (k: output pixel by output pixel, each with its window) get one more row of zeros, which stands for the border.
 */
export function recordedPatches(
  backend: NativeBackend,
  c: ConvInfo,
  x: Float32Array,
  patches: Float32Array,
  direction: 'gather' | 'scatter',
): void {
  const [n, channels] = [c.batchSize, c.inChannels];
  const source = sources(c);
  const pixels = c.inHeight * c.inWidth;
  const image = [[n, pixels, channels], x] as const;
  const matrix = [[n, source.length, channels], patches] as const;
  if (direction === 'gather' && isTiled(c)) {
    const { outHeight: h, outWidth: w, filterHeight: i, filterWidth: j } = c;
    const tiles = [[n * h, i, w, j * channels], x] as const;
    const graph = () => single('Transpose', 1, { perm: { ints: [0, 2, 1, 3] } });
    backend.run('Transpose 0,2,1,3', graph, [tiles], [[[n * h, w, i, j * channels], patches]]);
  } else if (direction === 'gather') backend.run(keyOf('gather', c), () => gather(source), [image], [matrix]);
  else backend.run(keyOf('scatter', c), () => scatter(source, pixels, channels), [matrix], [image]);
}

/**
 * The input gradient of a convolution of stride s is itself a convolution without stride, of the output's gradient: cut
 * the image into blocks of s × s pixels, then each block hangs on the same window of the output, m × m for m = ⌈k/s⌉.
 * So the gradient is patches of the smaller side and one product, and nothing to sum. Places of the filter that a window
 * has but a pixel of the block has not are zeros, (s·m)²/k² of the work.
 *
 * Axes: k filter, i input channels, o output channels, q blocks, s stride, m window.
 *
 * @returns null where the zeros would outweigh what is saved, and for a dilated filter
 */
export function turned(c: ConvInfo): Turned | null {
  if (c.dilationHeight !== 1 || c.dilationWidth !== 1) return null;
  const vertical = along(c.filterHeight, c.strideHeight, c.padInfo.top, c.inHeight);
  const horizontal = along(c.filterWidth, c.strideWidth, c.padInfo.left, c.inWidth);
  if (
    vertical.window * c.strideHeight * horizontal.window * c.strideWidth >
    2 * c.filterHeight * c.filterWidth
  )
    return null;
  const conv = {
    ...c,
    ...{ strideHeight: 1, strideWidth: 1 },
    ...{ inHeight: c.outHeight, inWidth: c.outWidth, inChannels: c.outChannels },
    ...{ filterHeight: vertical.window, filterWidth: horizontal.window },
    ...{ outHeight: vertical.blocks, outWidth: horizontal.blocks },
    outChannels: c.strideHeight * c.strideWidth * c.inChannels,
    padInfo: { ...c.padInfo, top: vertical.pad, left: horizontal.pad },
  };
  return { conv, of: c, vertical, horizontal };
}

/** One axis of {@link turned}. */
interface Along {
  /** m */
  readonly window: number;
  /** q: blocks that hold all pixels */
  readonly blocks: number;
  /** Rows of zeros before the output's gradient. */
  readonly pad: number;
  /** Pixels of the first block before the image. */
  readonly cut: number;
  /** For each place of the window, then of the block: the filter's place, or null. */
  readonly places: readonly (readonly (number | null)[])[];
}

/** A pixel y sees output row q − j through the filter's place a + s·j, where y + pad = s·q + a. */
function along(k: number, s: number, pad: number, pixels: number): Along {
  const window = Math.ceil(k / s);
  const cut = pad % s;
  const places = Array.from({ length: window }, (_, m) =>
    Array.from({ length: s }, (_, a) => {
      const place = a + s * (window - 1 - m);
      return place < k ? place : null;
    }),
  );
  return {
    window,
    blocks: Math.ceil((pixels + cut) / s),
    pad: window - 1 - Math.floor(pad / s),
    cut,
    places,
  };
}

/** See {@link turned}. */
export interface Turned {
  /** The convolution of the output's gradient; its output is `[n, q, q, s, s, i]`. */
  readonly conv: ConvInfo;
  readonly of: ConvInfo;
  readonly vertical: Along;
  readonly horizontal: Along;
}

/** The filter `[k, k, i, o]` as the turned convolution's, `[m, m, o, s, s, i]`. */
export function turnedFilter(backend: NativeBackend, t: Turned, filter: Float32Array): Float32Array {
  const { of: c, conv } = t;
  const [k, i, o] = [c.filterHeight * c.filterWidth, c.inChannels, c.outChannels];
  const [windows, block] = [conv.filterHeight * conv.filterWidth, c.strideHeight * c.strideWidth];
  const rows = t.vertical.places.flatMap((rows) =>
    t.horizontal.places.flatMap((columns) =>
      rows.flatMap((row) =>
        columns.map((column) => (row === null || column === null ? k : row * c.filterWidth + column)),
      ),
    ),
  );
  const out = backend.floats(rows.length * i * o);
  const graph = (): Graph => ({
    ...ends,
    nodes: [
      { op: 'Pad', inputs: ['a', 'pads'], outputs: ['padded'] },
      { op: 'Gather', inputs: ['padded', 'rows'], outputs: ['found'], attributes: { axis: { int: 0 } } },
      { op: 'Reshape', inputs: ['found', 'form'], outputs: ['byPlace'] },
      { op: 'Transpose', inputs: ['byPlace'], outputs: ['y'], attributes: { perm: { ints: [0, 3, 1, 2] } } },
    ],
    constants: { pads: [0, 0, 0, 1, 0, 0], rows, form: [windows, block, i, o] },
  });
  backend.run(
    `turned filter ${rows} ${i} ${o}`,
    graph,
    [[[k, i, o], filter]],
    [[[windows, o, block, i], out]],
  );
  return out;
}

/** Blocks of pixels `[n, q, q, s, s, i]` as images `[n, h, w, i]`. */
export function imagesOf(backend: NativeBackend, t: Turned, blocks: Float32Array): Float32Array {
  const { of: c, conv } = t;
  const [n, i, down, across] = [c.batchSize, c.inChannels, c.strideHeight, c.strideWidth];
  if (down === 1 && across === 1) return blocks;
  const [rows, columns] = [conv.outHeight, conv.outWidth];
  const whole = [rows * down, columns * across];
  const turnedBack = backend.floats(blocks.length);
  const order = () => single('Transpose', 1, { perm: { ints: [0, 2, 1, 3] } });
  const from = [[n * rows, columns, down, across * i], blocks] as const;
  backend.run('Transpose 0,2,1,3', order, [from], [[[n * rows, down, columns, across * i], turnedBack]]);
  if (whole[0] === c.inHeight && whole[1] === c.inWidth) return turnedBack;
  const out = backend.floats(n * c.inHeight * c.inWidth * i);
  const [top, left] = [t.vertical.cut, t.horizontal.cut];
  const cut = (): Graph => ({
    ...ends,
    nodes: [{ op: 'Slice', inputs: ['a', 'from', 'to', 'axes'], outputs: ['y'] }],
    constants: { from: [top, left], to: [top + c.inHeight, left + c.inWidth], axes: [1, 2] },
  });
  backend.run(
    `cut ${[top, left, c.inHeight, c.inWidth]}`,
    cut,
    [[[n, ...whole, i], turnedBack]],
    [[[n, c.inHeight, c.inWidth, i], out]],
  );
  return out;
}

/** Whether the patches lie side by side and cover the image: a mere change of order. */
const isTiled = (c: ConvInfo): boolean =>
  c.filterHeight === c.strideHeight &&
  c.filterWidth === c.strideWidth &&
  c.outHeight * c.strideHeight === c.inHeight &&
  c.outWidth * c.strideWidth === c.inWidth &&
  c.dilationHeight === 1 &&
  c.dilationWidth === 1;

/** For each patch pixel the pixel of the image that it shows, h·w where it shows the border. */
function sources(c: ConvInfo): number[] {
  const found: number[] = [];
  for (let row = 0; row < c.outHeight; row++) {
    for (let column = 0; column < c.outWidth; column++) {
      for (let i = 0; i < c.filterHeight; i++) {
        for (let j = 0; j < c.filterWidth; j++) {
          const y = row * c.strideHeight - c.padInfo.top + i * c.dilationHeight;
          const x = column * c.strideWidth - c.padInfo.left + j * c.dilationWidth;
          const inside = y >= 0 && y < c.inHeight && x >= 0 && x < c.inWidth;
          found.push(inside ? y * c.inWidth + x : c.inHeight * c.inWidth);
        }
      }
    }
  }
  return found;
}

const ends = { inputs: { a: 'float32' }, outputs: { y: 'float32' } } as const;
const zeroRow = { op: 'Pad', inputs: ['a', 'pads'], outputs: ['padded'] };
const PADS = [0, 0, 0, 0, 1, 0];
const alongRows = { axis: { int: 1 } };

const gather = (source: readonly number[]): Graph => ({
  ...ends,
  nodes: [zeroRow, { op: 'Gather', inputs: ['padded', 'rows'], outputs: ['y'], attributes: alongRows }],
  constants: { pads: PADS, rows: source },
});

/** A pixel lies in several patches; all have the same number of places, some of them zeros. */
function scatter(source: readonly number[], pixels: number, channels: number): Graph {
  const users = Array.from({ length: pixels }, (): number[] => []);
  source.forEach((pixel, k) => {
    users[pixel]?.push(k);
  });
  const most = Math.max(...users.map((ks) => ks.length));
  const rows = users.flatMap((ks) => [...ks, ...Array<number>(most - ks.length).fill(source.length)]);
  return {
    ...ends,
    nodes: [
      zeroRow,
      { op: 'Gather', inputs: ['padded', 'rows'], outputs: ['found'], attributes: alongRows },
      { op: 'Reshape', inputs: ['found', 'form'], outputs: ['byPixel'] },
      {
        op: 'ReduceSum',
        inputs: ['byPixel', 'places'],
        outputs: ['y'],
        attributes: { keepdims: { int: 0 } },
      },
    ],
    constants: { pads: PADS, rows, form: [0, pixels, most, channels], places: [2] },
  };
}

const keyOf = (direction: string, c: ConvInfo): string =>
  [
    `patches ${direction}`,
    ...[c.inHeight, c.inWidth, c.inChannels, c.outHeight, c.outWidth, c.filterHeight, c.filterWidth],
    ...[c.strideHeight, c.strideWidth, c.dilationHeight, c.dilationWidth, c.padInfo.top, c.padInfo.left],
  ].join(' ');
