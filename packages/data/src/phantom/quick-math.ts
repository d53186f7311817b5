/** Exponentials are tabled from 0 to this argument, in steps of 1/64. */
const REACH = 16;
const STEPS = 64;
const EXP = Float64Array.from({ length: REACH * STEPS + 1 }, (_, k) => Math.exp(-k / STEPS));

/** `e^−x` with a relative error below 1e-12, some times faster than `Math.exp`. */
export function expOfMinus(x: number): number {
  if (!(x >= 0 && x < REACH)) return Math.exp(-x);
  const k = (x * STEPS + 0.5) | 0;
  const r = k / STEPS - x; // |r| ≤ 1/128: the series' next term is below 3e-13
  return EXP[k] * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24)))));
}

/** Logarithms are tabled from `2^LOWEST` to 4 at the middle of each of a binade's 256 parts. */
const LOWEST = -14;
const CELLS = (2 - LOWEST) * 256;
const FIRST = (LOWEST + 127) * 256; // leading 16 bits of 2^LOWEST as a 32-bit float
const MIDDLES = Float64Array.from(
  { length: CELLS },
  (_, k) => 2 ** (LOWEST + (k >> 8)) * (1 + ((k & 255) + 0.5) / 256),
);
const LOG = MIDDLES.map(Math.log);
const INVERSE = MIDDLES.map((middle) => 1 / middle);
const single = new Float32Array(1);
const bits = new Int32Array(single.buffer);

/** Natural logarithm with an absolute error below 1e-8, some times faster than `Math.log`. */
export function quickLog(x: number): number {
  single[0] = x;
  const k = (bits[0] >> 15) - FIRST;
  if (!(k >= 0 && k < CELLS)) return Math.log(x);
  const t = x * INVERSE[k] - 1; // |t| ≤ 1/512: the series' next term is below 3e-9
  return LOG[k] + t * (1 - 0.5 * t);
}
