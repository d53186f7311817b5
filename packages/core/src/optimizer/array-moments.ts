import type { Coefficients, Moments } from './moments';

const f32 = Math.fround;
/** Smallest normal float32. */
const NORMAL = 2 ** -126;

/** Moments in ordinary arrays, for where {@link moduleMoments} cannot be had; equal to them bit by bit. */
export function arrayMoments(sizes: readonly number[], amsgrad: boolean): Moments[] {
  return sizes.map((size) => {
    const first = new Float32Array(size);
    const second = new Float32Array(size);
    const largest = amsgrad ? new Float32Array(size) : null;
    return { first, second, largest, step };
  });
}

/** The loop of `assembly/index.ts`: the same operations in the same order, each rounded to float32. */
function step(
  this: Moments,
  weights: Float32Array,
  gradient: Float32Array,
  out: Float32Array,
  { clip, decay, betas, stepSize, floor }: Coefficients,
): void {
  const { first, second, largest } = this;
  const [low, high, l2, size, least] = [-clip, clip, decay, stepSize, floor].map(f32);
  const [b1, b2, r1, r2] = [betas[0], betas[1], 1 - betas[0], 1 - betas[1]].map(f32);
  for (let i = 0; i < out.length; i++) {
    const w = weights[i];
    let g = gradient[i];
    if (g < low) g = low;
    if (high < g) g = high;
    g = f32(g + f32(l2 * w));
    const m = normal(f32(f32(b1 * first[i]) + f32(r1 * g)));
    first[i] = m;
    let v = normal(f32(f32(b2 * second[i]) + f32(f32(r2 * g) * g)));
    second[i] = v;
    if (largest !== null) {
      if (largest[i] < v) largest[i] = v;
      v = largest[i];
    }
    out[i] = w - f32(f32(size * m) / f32(f32(Math.sqrt(v)) + least));
  }
}

/** Zero in place of subnormal values. */
function normal(x: number): number {
  return Math.abs(x) < NORMAL ? 0 : x;
}
