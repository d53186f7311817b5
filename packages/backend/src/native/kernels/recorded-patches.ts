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
 * The input gradient of a convolution without stride is itself a convolution, of the output's gradient with the filter
 * turned around: patches of the smaller side, and nothing to sum.
 *
 * @returns that convolution, or null for one with stride
 */
export function turned(c: ConvInfo): ConvInfo | null {
  const ones = [c.strideHeight, c.strideWidth, c.dilationHeight, c.dilationWidth];
  if (ones.some((n) => n !== 1)) return null;
  const { top, left } = c.padInfo;
  return {
    ...c,
    inHeight: c.outHeight,
    inWidth: c.outWidth,
    inChannels: c.outChannels,
    outHeight: c.inHeight,
    outWidth: c.inWidth,
    outChannels: c.inChannels,
    padInfo: { ...c.padInfo, top: c.filterHeight - 1 - top, left: c.filterWidth - 1 - left },
  };
}

/** The filter `[k, i, o]` with its k places in reverse, as `[k, o, i]`. */
export function turnedFilter(backend: NativeBackend, c: ConvInfo, filter: Float32Array): Float32Array {
  const k = c.filterHeight * c.filterWidth;
  const out = backend.floats(filter.length);
  const graph = (): Graph => ({
    ...ends,
    nodes: [
      { op: 'Gather', inputs: ['a', 'reverse'], outputs: ['reversed'], attributes: { axis: { int: 0 } } },
      { op: 'Transpose', inputs: ['reversed'], outputs: ['y'], attributes: { perm: { ints: [0, 2, 1] } } },
    ],
    constants: { reverse: Array.from({ length: k }, (_, i) => k - 1 - i) },
  });
  const [i, o] = [c.inChannels, c.outChannels];
  backend.run(`turned filter ${k}`, graph, [[[k, i, o], filter]], [[[k, o, i], out]]);
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
