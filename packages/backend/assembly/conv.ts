// 2-D convolution and its two gradients, as matrix products over rows of unrolled patches ("im2col",
// Chellapilla et al., "High Performance Convolutional Neural Networks for Document Processing", 2006).
// Layout: x [b, h, w, ci], y [b, oh, ow, co], filter [kh, kw, ci, co]; one row = one output pixel.

import { gemm } from './gemm';
import { addBiasRelu, addFloats, copyFloats } from './rows';

// Shape of the convolution at hand, set by `convShape`.
let h: i32 = 0;
let w: i32 = 0;
let ci: i32 = 0;
let oh: i32 = 0;
let ow: i32 = 0;
let co: i32 = 0;
let kh: i32 = 0;
let kw: i32 = 0;
let strideH: i32 = 1;
let strideW: i32 = 1;
let dilationH: i32 = 1;
let dilationW: i32 = 1;
let top: i32 = 0;
let left: i32 = 0;

/** Sets the shape that the next calls use. */
export function convShape(
  h_: i32,
  w_: i32,
  ci_: i32,
  oh_: i32,
  ow_: i32,
  co_: i32,
  kh_: i32,
  kw_: i32,
  strideH_: i32,
  strideW_: i32,
  dilationH_: i32,
  dilationW_: i32,
  top_: i32,
  left_: i32,
): void {
  h = h_;
  w = w_;
  ci = ci_;
  oh = oh_;
  ow = ow_;
  co = co_;
  kh = kh_;
  kw = kw_;
  strideH = strideH_;
  strideW = strideW_;
  dilationH = dilationH_;
  dilationW = dilationW_;
  top = top_;
  left = left_;
}

/**
 * Convolution of `b` images, `rows` output pixels at a time, then bias (0: none) and rectifier.
 * `columns` is scratch of `rows x kh kw ci` floats.
 */
export function conv2d(
  b: i32,
  x: usize,
  filter: usize,
  y: usize,
  bias: usize,
  relu: bool,
  columns: usize,
  rows: i32,
  scratch: usize,
): void {
  const width = kh * kw * ci;
  const total = b * oh * ow;
  const pointwise = isPointwise();
  for (let start = 0; start < total; start += rows) {
    const count = min(rows, total - start);
    const to = y + ((start * co) << 2);
    let from = columns;
    if (pointwise) from = x + ((start * ci) << 2);
    else unroll(x, columns, start, count, width);
    gemm(count, co, width, from, width, 1, filter, co, 1, to, co, false, scratch);
    if (bias !== 0 || relu) addBiasRelu(to, bias, count, co, relu);
  }
}

/** Filter gradient, `patches(x)^T dy`. Arguments as in {@link conv2d}. */
export function conv2dFilterGradient(
  b: i32,
  x: usize,
  dy: usize,
  dFilter: usize,
  columns: usize,
  rows: i32,
  scratch: usize,
): void {
  const width = kh * kw * ci;
  const total = b * oh * ow;
  const pointwise = isPointwise();
  memory.fill(dFilter, 0, (width * co) << 2);
  for (let start = 0; start < total; start += rows) {
    const count = min(rows, total - start);
    let from = columns;
    if (pointwise) from = x + ((start * ci) << 2);
    else unroll(x, columns, start, count, width);
    gemm(width, co, count, from, 1, width, dy + ((start * co) << 2), co, 1, dFilter, co, true, scratch);
  }
}

/** Input gradient, `patches(dx) += dy filter^T`. Arguments as in {@link conv2d}. */
export function conv2dInputGradient(
  b: i32,
  dx: usize,
  dy: usize,
  filter: usize,
  columns: usize,
  rows: i32,
  scratch: usize,
): void {
  const width = kh * kw * ci;
  const total = b * oh * ow;
  const pointwise = isPointwise();
  if (!pointwise) memory.fill(dx, 0, (b * h * w * ci) << 2);
  for (let start = 0; start < total; start += rows) {
    const count = min(rows, total - start);
    const to = pointwise ? dx + ((start * ci) << 2) : columns;
    gemm(count, width, co, dy + ((start * co) << 2), co, 1, filter, 1, co, to, width, false, scratch);
    if (!pointwise) addBack(dx, columns, start, count, width);
  }
}

/** Whether the patches of x are x itself. */
function isPointwise(): bool {
  return (
    kh === 1 && kw === 1 && strideH === 1 && strideW === 1 && top === 0 && left === 0 && oh === h && ow === w
  );
}

/** Writes the patches under output pixels `start` to `start + count`, zeros outside the image. */
function unroll(x: usize, columns: usize, start: i32, count: i32, width: i32): void {
  for (let r = 0; r < count; ++r) {
    const pixel = start + r;
    const image = pixel / (oh * ow);
    const y0 = ((pixel / ow) % oh) * strideH - top;
    const x0 = (pixel % ow) * strideW - left;
    const inside = dilationW === 1 && x0 >= 0 && x0 + kw <= w;
    let to = columns + ((r * width) << 2);
    for (let ky = 0; ky < kh; ++ky) {
      const yy = y0 + ky * dilationH;
      if (yy < 0 || yy >= h) {
        memory.fill(to, 0, (kw * ci) << 2);
        to += (kw * ci) << 2;
        continue;
      }
      const row = x + (((image * h + yy) * w * ci) << 2);
      if (inside) {
        copyFloats(to, row + ((x0 * ci) << 2), kw * ci);
        to += (kw * ci) << 2;
        continue;
      }
      for (let kx = 0; kx < kw; ++kx, to += ci << 2) {
        const xx = x0 + kx * dilationW;
        if (xx < 0 || xx >= w) memory.fill(to, 0, ci << 2);
        else copyFloats(to, row + ((xx * ci) << 2), ci);
      }
    }
  }
}

/** The transpose of {@link unroll}: adds patches back to the pixels they came from. */
function addBack(dx: usize, columns: usize, start: i32, count: i32, width: i32): void {
  for (let r = 0; r < count; ++r) {
    const pixel = start + r;
    const image = pixel / (oh * ow);
    const y0 = ((pixel / ow) % oh) * strideH - top;
    const x0 = (pixel % ow) * strideW - left;
    const inside = dilationW === 1 && x0 >= 0 && x0 + kw <= w;
    let from = columns + ((r * width) << 2);
    for (let ky = 0; ky < kh; ++ky, from += (kw * ci) << 2) {
      const yy = y0 + ky * dilationH;
      if (yy < 0 || yy >= h) continue;
      const row = dx + (((image * h + yy) * w * ci) << 2);
      if (inside) {
        addFloats(row + ((x0 * ci) << 2), from, kw * ci);
        continue;
      }
      for (let kx = 0; kx < kw; ++kx) {
        const xx = x0 + kx * dilationW;
        if (xx >= 0 && xx < w) addFloats(row + ((xx * ci) << 2), from + ((kx * ci) << 2), ci);
      }
    }
  }
}

/** Gradient of max pooling: each `dy` goes to the first largest value of its window. Sizes from `convShape`. */
export function maxPoolGradient(b: i32, x: usize, dy: usize, dx: usize): void {
  memory.fill(dx, 0, (b * h * w * ci) << 2);
  for (let image = 0; image < b; ++image) {
    for (let oy = 0; oy < oh; ++oy) {
      for (let ox = 0; ox < ow; ++ox, dy += ci << 2) {
        for (let c = 0; c < ci; ++c) {
          let best: f32 = -Infinity;
          let at = -1;
          for (let ky = 0; ky < kh; ++ky) {
            const yy = oy * strideH - top + ky * dilationH;
            if (yy < 0 || yy >= h) continue;
            for (let kx = 0; kx < kw; ++kx) {
              const xx = ox * strideW - left + kx * dilationW;
              if (xx < 0 || xx >= w) continue;
              const place = ((image * h + yy) * w + xx) * ci + c;
              const value = load<f32>(x + (place << 2));
              if (at < 0 || value > best) {
                best = value;
                at = place;
              }
            }
          }
          if (at < 0) continue;
          const to = dx + (at << 2);
          store<f32>(to, load<f32>(to) + load<f32>(dy + (c << 2)));
        }
      }
    }
  }
}
