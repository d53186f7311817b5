import { type Box, checkBox, emptyLike, type RasterImage } from './raster';

/** Bits of a weight's fraction: 8-bit pixels times weights, summed, stay below 2^31. */
const FRACTION_BITS = 22;

/** The input pixels that make output pixel i: `starts[i]`, `counts[i]` of them, weights from `i * taps`. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array | Int32Array;
  readonly taps: number;
}

/**
 * Bilinear resize with antialiasing, equal to Pillow's: a triangle as wide as the scale factor, along rows and
 * then along columns, 8-bit images rounded between the two passes and computed in fixed point.
 *
 * @param width,height size of the whole result
 * @param window the part of the result to compute (default all of it); equal to cropping afterwards, but cheaper
 * @throws RangeError for sizes that are not positive integers, or a window outside the result
 */
export function resize(image: RasterImage, width: number, height: number, window?: Box): RasterImage {
  const box = window ?? { left: 0, top: 0, width, height };
  checkBox('resize', box, width, height);
  const across = triangleTaps(image.width, width, box.left, box.width, image.data instanceof Uint8Array);
  const down = triangleTaps(image.height, height, box.top, box.height, image.data instanceof Uint8Array);
  const last = box.height - 1;
  const firstRow = down.starts[0];
  const rows = down.starts[last] + down.counts[last] - firstRow;
  const narrow = alongRows(image, across, firstRow, rows);
  return alongColumns(narrow, down, firstRow);
}

/** Short side to `side`, the other in proportion (rounded down, as torchvision does). */
export function resizeShortSide(image: RasterImage, side: number): RasterImage {
  const { width, height } = shortSideSize(image, side);
  return resize(image, width, height);
}

/** Size of an image after {@link resizeShortSide}. */
export function shortSideSize(
  { width, height }: { readonly width: number; readonly height: number },
  side: number,
): { width: number; height: number } {
  return width <= height
    ? { width: side, height: Math.trunc((side * height) / width) }
    : { width: Math.trunc((side * width) / height), height: side };
}

/** Weights of the triangle filter for outputs `from .. from + count` of `outSize`. */
function triangleTaps(inSize: number, outSize: number, from: number, count: number, fixed: boolean): Taps {
  const scale = inSize / outSize;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = fixed ? new Int32Array(count * taps) : new Float64Array(count * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < count; i++) {
    const centre = (from + i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), inSize);
    let sum = 0;
    for (let x = start; x < end; x++) {
      exact[x - start] = Math.max(0, 1 - Math.abs((x - centre + 0.5) / support));
      sum += exact[x - start];
    }
    for (let k = 0; k < end - start; k++) {
      const weight = exact[k] / sum;
      weights[i * taps + k] = fixed ? Math.trunc(0.5 + weight * (1 << FRACTION_BITS)) : weight;
    }
    starts[i] = start;
    counts[i] = end - start;
  }
  return { starts, counts, weights, taps };
}

/** `[rows, width, c]` → `[rows, outputs, c]`, for `rows` rows from `firstRow` on. */
function alongRows(image: RasterImage, across: Taps, firstRow: number, rows: number): RasterImage {
  const { width, channels, data } = image;
  const { starts, counts, weights, taps } = across;
  const out = emptyLike(image, rows * starts.length * channels);
  const fixed = data instanceof Uint8Array;
  let o = 0;
  for (let y = 0; y < rows; y++) {
    const row = (firstRow + y) * width;
    for (let i = 0; i < starts.length; i++) {
      const w = i * taps;
      const n = counts[i];
      for (let c = 0; c < channels; c++) {
        let p = (row + starts[i]) * channels + c;
        let sum = fixed ? 1 << (FRACTION_BITS - 1) : 0;
        for (let k = 0; k < n; k++, p += channels) sum += data[p] * weights[w + k];
        out[o++] = fixed ? sum >> FRACTION_BITS : sum;
      }
    }
  }
  return { width: starts.length, height: rows, channels, data: out };
}

/** `[rows, width, c]` → `[outputs, width, c]`; row 0 of the image is input row `firstRow`. */
function alongColumns(image: RasterImage, down: Taps, firstRow: number): RasterImage {
  const { starts, counts, weights, taps } = down;
  const { data } = image;
  const row = image.width * image.channels;
  const out = emptyLike(image, starts.length * row);
  const fixed = data instanceof Uint8Array;
  const sums = fixed ? new Int32Array(row) : new Float64Array(row);
  for (let i = 0; i < starts.length; i++) {
    sums.fill(fixed ? 1 << (FRACTION_BITS - 1) : 0);
    for (let k = 0; k < counts[i]; k++) {
      const weight = weights[i * taps + k];
      const from = (starts[i] - firstRow + k) * row;
      for (let x = 0; x < row; x++) sums[x] += data[from + x] * weight;
    }
    for (let x = 0; x < row; x++) out[i * row + x] = fixed ? sums[x] >> FRACTION_BITS : sums[x];
  }
  return { width: image.width, height: starts.length, channels: image.channels, data: out };
}
