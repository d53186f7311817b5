/** 1 / (1 + e⁻ˣ), for any x. */
export const sigmoid = (x: number): number =>
  x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));

/** ln p/(1 − p); p is kept 1e-7 from 0 and 1, where float32 cannot tell them from it. */
export function logit(p: number): number {
  const kept = Math.min(Math.max(p, 1e-7), 1 - 1e-7);
  return Math.log(kept / (1 - kept));
}
