// Matrix product in all four transpositions, by packed panels (Goto & van de Geijn,
// "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 2008).
// Axes: m rows of the result, n its columns, k the summed axis. Strides count floats.

const MR: i32 = 4; // rows of a register tile
const NR: i32 = 8; // columns of a register tile
const KC: i32 = 256; // summed elements a packed panel holds
const MC: i32 = 96; // rows of a packed block of A
const NC: i32 = 1024; // columns of a packed block of B

/** Bytes of scratch memory that {@link gemm} writes to. */
export function gemmScratchBytes(): i32 {
  return (KC * NC + KC * MC + MR * NR) * 4;
}

/**
 * C (+)= A x B for one pair of matrices.
 * Element (i, p) of A is at `a + 4 (i aRow + p aCol)`, (p, j) of B at `b + 4 (p bRow + j bCol)`;
 * of each pair of strides one must be 1. C is row-major with `ldc` floats a row.
 */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRow: i32,
  aCol: i32,
  b: usize,
  bRow: i32,
  bCol: i32,
  c: usize,
  ldc: i32,
  accumulate: bool,
  scratch: usize,
): void {
  const packedB = scratch;
  const packedA = scratch + ((KC * NC) << 2);
  const edge = packedA + ((KC * MC) << 2);
  const direct = m <= MR && bCol === 1 && (n & (NR - 1)) === 0; // few rows: packing B would cost more than it saves
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      const bBlock = b + ((pc * bRow + jc * bCol) << 2);
      if (!direct) pack(packedB, bBlock, nc, kc, bCol, bRow, NR);
      const panelStep = direct ? NR << 2 : (kc * NR) << 2;
      const bStep = direct ? bRow << 2 : NR << 2;
      const bStart = direct ? bBlock : packedB;
      const add = accumulate || pc > 0;
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        pack(packedA, a + ((ic * aRow + pc * aCol) << 2), mc, kc, aRow, aCol, MR);
        for (let j = 0, bp = bStart; j < nc; j += NR, bp += panelStep) {
          const cols = min(NR, nc - j);
          for (let i = 0, ap = packedA; i < mc; i += MR, ap += (kc * MR) << 2) {
            const rows = min(MR, mc - i);
            const cp = c + (((ic + i) * ldc + jc + j) << 2);
            if (rows === MR && cols === NR) {
              tile(kc, ap, bp, bStep, cp, ldc << 2, add);
            } else {
              tile(kc, ap, bp, bStep, edge, NR << 2, false);
              copyEdge(edge, cp, ldc << 2, rows, cols, add);
            }
          }
        }
      }
    }
  }
}

/** One 4 x 8 tile: `a` holds 4 floats a step of k, `b` 8 floats every `bStep` bytes. */
function tile(k: i32, a: usize, b: usize, bStep: usize, c: usize, cStep: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (; k > 0; --k) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(a0, b0));
    c01 = f32x4.add(c01, f32x4.mul(a0, b1));
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(a1, b0));
    c11 = f32x4.add(c11, f32x4.mul(a1, b1));
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(a2, b0));
    c21 = f32x4.add(c21, f32x4.mul(a2, b1));
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(a3, b0));
    c31 = f32x4.add(c31, f32x4.mul(a3, b1));
    a += MR << 2;
    b += bStep;
  }
  const r1 = c + cStep;
  const r2 = r1 + cStep;
  const r3 = r2 + cStep;
  if (add) {
    c00 = f32x4.add(c00, v128.load(c));
    c01 = f32x4.add(c01, v128.load(c, 16));
    c10 = f32x4.add(c10, v128.load(r1));
    c11 = f32x4.add(c11, v128.load(r1, 16));
    c20 = f32x4.add(c20, v128.load(r2));
    c21 = f32x4.add(c21, v128.load(r2, 16));
    c30 = f32x4.add(c30, v128.load(r3));
    c31 = f32x4.add(c31, v128.load(r3, 16));
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
}

/** The part of a tile that lies inside C. */
function copyEdge(from: usize, c: usize, cStep: usize, rows: i32, cols: i32, add: bool): void {
  for (let i = 0; i < rows; ++i, c += cStep, from += NR << 2) {
    for (let j = 0; j < cols; ++j) {
      const at = c + (j << 2);
      const value = load<f32>(from + (j << 2));
      store<f32>(at, add ? load<f32>(at) + value : value);
    }
  }
}

/**
 * Rearranges `lanes x k` floats into panels of `width` lanes, k-major, the last one padded with zeros.
 * Lane l, step p is read at `from + 4 (l laneStride + p kStride)`.
 */
function pack(to: usize, from: usize, lanes: i32, k: i32, laneStride: i32, kStride: i32, width: i32): void {
  const step = width << 2;
  for (let l = 0; l < lanes; l += width) {
    const source = from + ((l * laneStride) << 2);
    if (l + width > lanes) {
      packPart(to, source, lanes - l, k, laneStride, kStride, width);
    } else if (laneStride === 1) {
      for (let half = 0; half < step; half += 16) {
        let s = source + half;
        let d = to + half;
        for (let p = 0; p < k; ++p, s += kStride << 2, d += step) v128.store(d, v128.load(s));
      }
    } else if (kStride === 1) {
      for (let half = 0; half < width; half += 4) {
        packTransposed(to + (half << 2), source + ((half * laneStride) << 2), k, laneStride << 2, step);
      }
    } else {
      packPart(to, source, width, k, laneStride, kStride, width);
    }
    to += k * step;
  }
}

/** Four lanes of which each is contiguous, by 4 x 4 transposition in registers. */
function packTransposed(to: usize, from: usize, k: i32, laneBytes: usize, step: usize): void {
  let s0 = from;
  let s1 = s0 + laneBytes;
  let s2 = s1 + laneBytes;
  let s3 = s2 + laneBytes;
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    const x0 = v128.load(s0);
    const x1 = v128.load(s1);
    const x2 = v128.load(s2);
    const x3 = v128.load(s3);
    const t0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
    const t3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
    v128.store(to + step, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
    v128.store(to + 2 * step, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
    v128.store(to + 3 * step, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
    to += 4 * step;
    s0 += 16;
    s1 += 16;
    s2 += 16;
    s3 += 16;
  }
  for (; p < k; ++p, to += step, s0 += 4, s1 += 4, s2 += 4, s3 += 4) {
    store<f32>(to, load<f32>(s0));
    store<f32>(to, load<f32>(s1), 4);
    store<f32>(to, load<f32>(s2), 8);
    store<f32>(to, load<f32>(s3), 12);
  }
}

/** Any strides and fewer lanes than a panel is wide. */
function packPart(
  to: usize,
  from: usize,
  lanes: i32,
  k: i32,
  laneStride: i32,
  kStride: i32,
  width: i32,
): void {
  for (let p = 0; p < k; ++p, from += kStride << 2, to += width << 2) {
    let s = from;
    for (let l = 0; l < width; ++l, s += laneStride << 2) {
      store<f32>(to + (l << 2), l < lanes ? load<f32>(s) : 0);
    }
  }
}
