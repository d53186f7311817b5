// One step of Adam for float32 arrays. src/optimizer/array-moments.ts gives equal bits: the same operations in the same
// order.

/** Smallest normal float32, 2^-126. */
const NORMAL: f32 = 1.1754943508222875e-38;

/**
 * Updates `n` weights in place, four at a time: arrays start at multiples of 16 bytes and have room up to a multiple
 * of 4 elements. `largest` is 0 where AMSGrad is off.
 */
export function update(
  weights: usize,
  gradient: usize,
  first: usize,
  second: usize,
  largest: usize,
  n: i32,
  clip: f32,
  decay: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  stepSize: f32,
  floor: f32,
): void {
  const low = f32x4.splat(-clip);
  const high = f32x4.splat(clip);
  const l2 = f32x4.splat(decay);
  const b1 = f32x4.splat(beta1);
  const r1 = f32x4.splat(rest1);
  const b2 = f32x4.splat(beta2);
  const r2 = f32x4.splat(rest2);
  const size = f32x4.splat(stepSize);
  const least = f32x4.splat(floor);
  const end = weights + (n << 2);
  for (; weights < end; weights += 16, gradient += 16, first += 16, second += 16) {
    const w = v128.load(weights);
    const clipped = f32x4.pmin(f32x4.pmax(v128.load(gradient), low), high);
    const g = f32x4.add(clipped, f32x4.mul(l2, w));
    const m = normal(f32x4.add(f32x4.mul(b1, v128.load(first)), f32x4.mul(r1, g)));
    v128.store(first, m);
    let v = normal(f32x4.add(f32x4.mul(b2, v128.load(second)), f32x4.mul(f32x4.mul(r2, g), g)));
    v128.store(second, v);
    if (largest !== 0) {
      v = f32x4.pmax(v128.load(largest), v);
      v128.store(largest, v);
      largest += 16;
    }
    const move = f32x4.div(f32x4.mul(size, m), f32x4.add(f32x4.sqrt(v), least));
    v128.store(weights, f32x4.sub(w, move));
  }
}

/** Zero in place of subnormal values: a moment that fades for ever would slow down every later step. */
function normal(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(NORMAL)));
}
