/**
 * Expected calibration error of probabilities of an event: over bins of equal width the mean distance of the mean probability
 * from the share of events, each bin weighted by its cases. The last bin holds 1. NaN without a case.
 *
 * @param probabilities `[n]`, 0..1
 * @param bins 15, as in the paper
 * @throws RangeError if the lists differ in length or a probability lies outside 0..1
 * @see Guo et al. 2017, arXiv:1706.04599, equation 3
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  truth: readonly boolean[],
  bins = 15,
): number {
  const n = truth.length;
  if (probabilities.length !== n) {
    throw new RangeError(
      `expectedCalibrationError: lengths must match, got ${probabilities.length} probabilities and ${n} truths`,
    );
  }
  /** Sum of probability minus event, by bin. */
  const gaps = new Float64Array(bins);
  truth.forEach((isTrue, i) => {
    const p = probabilities[i]!;
    if (!(p >= 0 && p <= 1))
      throw new RangeError(`expectedCalibrationError: expected probabilities, found ${p} at ${i}`);
    gaps[Math.min(Math.floor(p * bins), bins - 1)]! += p - Number(isTrue);
  });
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / n;
}
