// Loops over elements and axes of float32 tensors.

import { addFloats, copyFloats } from './rows';

/**
 * Element-wise operation on `m x n` values with broadcasting: a stride of 0 repeats a value.
 * Column strides are 0 or 1, row strides count floats. See `apply` for the numbers of operations.
 */
export function binary(
  op: i32,
  m: i32,
  n: i32,
  a: usize,
  aRow: i32,
  aCol: i32,
  b: usize,
  bRow: i32,
  bCol: i32,
  out: usize,
): void {
  for (let i = 0; i < m; ++i, a += aRow << 2, b += bRow << 2, out += n << 2) {
    let j = 0;
    if (aCol === 1 && bCol === 1) {
      for (; j + 4 <= n; j += 4) {
        v128.store(out + (j << 2), apply(op, v128.load(a + (j << 2)), v128.load(b + (j << 2))));
      }
    } else if (aCol === 1) {
      const y = v128.load_splat<f32>(b);
      for (; j + 4 <= n; j += 4) v128.store(out + (j << 2), apply(op, v128.load(a + (j << 2)), y));
    } else if (bCol === 1) {
      const x = v128.load_splat<f32>(a);
      for (; j + 4 <= n; j += 4) v128.store(out + (j << 2), apply(op, x, v128.load(b + (j << 2))));
    }
    for (; j < n; ++j) {
      const x = v128.load_splat<f32>(a + ((j * aCol) << 2));
      const y = v128.load_splat<f32>(b + ((j * bCol) << 2));
      store<f32>(out + (j << 2), f32x4.extract_lane(apply(op, x, y), 0));
    }
  }
}

/** 0 add, 1 subtract, 2 multiply, 3 divide, 4 squared difference, 5 maximum, 6 minimum. */
function apply(op: i32, x: v128, y: v128): v128 {
  if (op === 0) return f32x4.add(x, y);
  if (op === 1) return f32x4.sub(x, y);
  if (op === 2) return f32x4.mul(x, y);
  if (op === 3) return f32x4.div(x, y);
  if (op === 5) return f32x4.max(x, y);
  if (op === 6) return f32x4.min(x, y);
  const d = f32x4.sub(x, y);
  return f32x4.mul(d, d);
}

/**
 * Sums the middle axis of `x [outer, reduce, inner]` and multiplies by `scale`. Rows are added in blocks,
 * blocks in double precision; `scratch`, at a multiple of 8, holds `inner` doubles and `inner` floats.
 */
export function sum(
  x: usize,
  out: usize,
  outer: i32,
  reduce: i32,
  inner: i32,
  scale: f64,
  scratch: usize,
): void {
  if (inner === 1) {
    for (let o = 0; o < outer; ++o) {
      store<f32>(out + (o << 2), <f32>(sumRow(x + ((o * reduce) << 2), reduce) * scale));
    }
    return;
  }
  const step = inner << 2;
  const block = scratch + (inner << 3);
  for (let o = 0; o < outer; ++o, out += step) {
    memory.fill(scratch, 0, inner << 3);
    for (let start = 0; start < reduce; start += 64) {
      const end = min(reduce, start + 64);
      copyFloats(block, x, inner);
      x += step;
      for (let r = start + 1; r < end; ++r, x += step) addFloats(block, x, inner);
      for (let i = 0; i < inner; ++i) {
        const at = scratch + (i << 3);
        store<f64>(at, load<f64>(at) + <f64>load<f32>(block + (i << 2)));
      }
    }
    for (let i = 0; i < inner; ++i) store<f32>(out + (i << 2), <f32>(load<f64>(scratch + (i << 3)) * scale));
  }
}

/** Sum of `n` consecutive floats, in blocks of 512. */
function sumRow(x: usize, n: i32): f64 {
  let total: f64 = 0;
  for (let start = 0; start < n; start += 512) {
    const end = min(n, start + 512);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let i = start;
    for (; i + 8 <= end; i += 8) {
      s0 = f32x4.add(s0, v128.load(x + (i << 2)));
      s1 = f32x4.add(s1, v128.load(x + (i << 2), 16));
    }
    s0 = f32x4.add(s0, s1);
    let part =
      f32x4.extract_lane(s0, 0) +
      f32x4.extract_lane(s0, 1) +
      (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3));
    for (; i < end; ++i) part += load<f32>(x + (i << 2));
    total += <f64>part;
  }
  return total;
}

/** Repeats each of `outer` blocks of `block` 4-byte values `times` times. */
export function repeat(x: usize, out: usize, outer: i32, block: i32, times: i32): void {
  const step = block << 2;
  for (let o = 0; o < outer; ++o, x += step) {
    if (block === 1) {
      const value = v128.load_splat<f32>(x);
      let r = 0;
      for (; r + 4 <= times; r += 4, out += 16) v128.store(out, value);
      for (; r < times; ++r, out += 4) store<f32>(out, load<f32>(x));
    } else {
      for (let r = 0; r < times; ++r, out += step) copyFloats(out, x, block);
    }
  }
}

/**
 * `out[o, i, :] = x[o, ids[i], :]` for `x [outer, size, inner]`.
 * @returns the place of the first id outside `[0, size)`, or -1
 */
export function gather(x: usize, ids: usize, out: usize, outer: i32, size: i32, count: i32, inner: i32): i32 {
  for (let i = 0; i < count; ++i) {
    const id = load<i32>(ids + (i << 2));
    if (id < 0 || id >= size) return i;
  }
  for (let o = 0; o < outer; ++o, x += (size * inner) << 2) {
    for (let i = 0; i < count; ++i, out += inner << 2) {
      copyFloats(out, x + ((load<i32>(ids + (i << 2)) * inner) << 2), inner);
    }
  }
  return -1;
}

/**
 * Batch normalisation of `x [m, n]` by columns, `(x - mean) / sqrt(variance + epsilon) * scale + offset`;
 * a pointer of 0 means no scale, no offset. `scratch` holds `n` floats.
 */
export function batchNorm(
  x: usize,
  mean: usize,
  variance: usize,
  offset: usize,
  scale: usize,
  epsilon: f32,
  out: usize,
  m: i32,
  n: i32,
  scratch: usize,
): void {
  for (let j = 0; j < n; ++j) {
    const at = j << 2;
    const factor =
      (scale !== 0 ? load<f32>(scale + at) : <f32>1) / sqrt<f32>(load<f32>(variance + at) + epsilon);
    store<f32>(scratch + at, factor);
  }
  for (let i = 0; i < m; ++i, x += n << 2, out += n << 2) {
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = j << 2;
      let y = f32x4.mul(f32x4.sub(v128.load(x + at), v128.load(mean + at)), v128.load(scratch + at));
      if (offset !== 0) y = f32x4.add(y, v128.load(offset + at));
      v128.store(out + at, y);
    }
    for (; j < n; ++j) {
      const at = j << 2;
      const y = (load<f32>(x + at) - load<f32>(mean + at)) * load<f32>(scratch + at);
      store<f32>(out + at, offset !== 0 ? y + load<f32>(offset + at) : y);
    }
  }
}

/** `exp(x)` of `n` floats: within 2 units in the last place, 0 and infinity beyond the range of floats. */
export function exp(x: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(out + (i << 2), exp4(v128.load(x + (i << 2))));
  for (; i < n; ++i) {
    store<f32>(out + (i << 2), f32x4.extract_lane(exp4(v128.load_splat<f32>(x + (i << 2))), 0));
  }
}

/**
 * Splits x = k ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor polynomial of degree 7 (error below 1e-8).
 * 2^k is made in two factors, so that results near the ends of the range keep their digits.
 */
function exp4(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(-104)), f32x4.splat(89)); // NaN stays NaN
  const k = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(Mathf.LOG2E)));
  let r = f32x4.sub(bounded, f32x4.mul(k, f32x4.splat(0.693359375))); // ln 2 in two parts
  r = f32x4.add(r, f32x4.mul(k, f32x4.splat(2.1219444e-4)));
  let p = f32x4.splat(1.984127e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3888889e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3333333e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1666667e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666667e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  const whole = i32x4.trunc_sat_f32x4_s(k);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

function powerOfTwo(k: v128): v128 {
  return i32x4.shl(i32x4.add(k, i32x4.splat(127)), 23);
}
