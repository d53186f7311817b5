import { logit, sigmoid } from './logistic';

/** Least and largest temperature that a fit gives. */
const COLDEST = 0.05;
const HOTTEST = 20;

/**
 * The temperature T at which σ(logit(p) / T) has the least cross-entropy with what happened: one number for all. In
 * 0.05..20; 1 without a case.
 *
 * @param probabilities of the event, `[n]`
 * @throws RangeError if the lists differ in length
 * @see Guo et al. 2017, arXiv:1706.04599, section 4.2, for two classes
 */
export function fitTemperature(probabilities: ArrayLike<number>, truth: readonly boolean[]): number {
  const n = truth.length;
  if (probabilities.length !== n) {
    throw new RangeError(
      `fitTemperature: lengths must match, got ${probabilities.length} probabilities and ${n} truths`,
    );
  }
  if (n === 0) return 1;
  const z = Float64Array.from(probabilities, logit);
  /** Derivative of the cross-entropy by 1/T, which rises with 1/T. */
  const slope = (a: number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += z[i]! * (sigmoid(a * z[i]!) - Number(truth[i]));
    return sum;
  };
  let [low, high] = [1 / HOTTEST, 1 / COLDEST];
  if (slope(low) >= 0) return HOTTEST;
  if (slope(high) <= 0) return COLDEST;
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** σ(logit(p) / T) */
export const atTemperature = (probability: number, temperature: number): number =>
  sigmoid(logit(probability) / temperature);
