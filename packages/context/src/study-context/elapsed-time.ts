/** Bins of {@link timeBin}: unknown, then 0, 1–2, 3–6, 7–14, …, 511–1022 and 1023 days or more. */
export const TIME_BINS = 12;

/**
 * The time between two studies on a logarithmic scale.
 * @param days NaN: unknown; so is a negative number, which cannot be
 * @returns 0 where unknown, else 1 + ⌊log₂(1 + days)⌋, at most {@link TIME_BINS} − 1
 */
export function timeBin(days: number): number {
  if (!(days >= 0)) return 0;
  return Math.min(1 + Math.floor(Math.log2(1 + days)), TIME_BINS - 1);
}
