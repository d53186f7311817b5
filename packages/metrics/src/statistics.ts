import { seededRandom } from './random';

export interface ResamplingOptions {
  readonly resamples?: number;
  readonly seed?: number;
}

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Percentile bootstrap over reports: draws as many reports with replacement, evaluates, takes quantiles.
 * @param count number of reports
 * @param evaluate corpus score of the reports at these positions (one position may come several times)
 * @param level coverage, 0.95 by default
 * @see Efron and Tibshirani, An Introduction to the Bootstrap, 1993
 */
export function bootstrapInterval(
  count: number,
  evaluate: (positions: readonly number[]) => number,
  { resamples = 1000, seed = 1, level = 0.95 }: ResamplingOptions & { readonly level?: number } = {},
): Interval {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`bootstrapInterval: count must be a positive integer, got ${count}`);
  }
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`bootstrapInterval: level must lie between 0 and 1, got ${level}`);
  }
  const random = seededRandom(seed);
  const values = Array.from({ length: resamples }, () =>
    evaluate(Array.from({ length: count }, () => Math.floor(random() * count))),
  ).sort((a, b) => a - b);
  return {
    estimate: evaluate(Array.from({ length: count }, (_, i) => i)),
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
  };
}

/** {@link bootstrapInterval} of a mean of per-report scores. */
export const bootstrapMean = (
  values: readonly number[],
  options?: ResamplingOptions & { readonly level?: number },
): Interval =>
  bootstrapInterval(
    values.length,
    (positions) => positions.reduce((sum, i) => sum + values[i]!, 0) / positions.length,
    options,
  );

export interface RandomisationTest {
  /** Score of the first system minus that of the second. */
  readonly difference: number;
  /** Two-sided. */
  readonly pValue: number;
}

/**
 * Paired approximate randomisation: how often does swapping the two systems' outputs, report by report at
 * random, give a difference at least as large as the observed one? p = (hits + 1) / (resamples + 1).
 * @param count number of reports
 * @param evaluate corpus score of a mixed system; `fromSecond[i]` tells whether report i is the second's
 * @see Noreen 1989; Riezler and Maxwell, ACL workshop 2005
 */
export const pairedRandomisation = (
  count: number,
  evaluate: (fromSecond: readonly boolean[]) => number,
  options?: ResamplingOptions,
): RandomisationTest => pairedRandomisations(count, (fromSecond) => [evaluate(fromSecond)], options)[0]!;

/** {@link pairedRandomisation} of several scores at once, over the same swaps. */
export function pairedRandomisations(
  count: number,
  evaluate: (fromSecond: readonly boolean[]) => readonly number[],
  { resamples = 10_000, seed = 1 }: ResamplingOptions = {},
): RandomisationTest[] {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`pairedRandomisation: count must be a positive integer, got ${count}`);
  }
  const random = seededRandom(seed);
  const differencesOf = (swapped: readonly boolean[]) => {
    const other = evaluate(swapped.map((isSecond) => !isSecond));
    return evaluate(swapped).map((value, k) => value - other[k]!);
  };
  const differences = differencesOf(new Array<boolean>(count).fill(false));
  const hits = new Array<number>(differences.length).fill(0);
  for (let n = 0; n < resamples; n++) {
    const swapped = Array.from({ length: count }, () => random() < 0.5);
    differencesOf(swapped).forEach((value, k) => {
      // Sums in another order differ in the last digits; they count as equal.
      if (Math.abs(value) >= Math.abs(differences[k]!) - 1e-12) hits[k]!++;
    });
  }
  return differences.map((difference, k) => ({ difference, pValue: (hits[k]! + 1) / (resamples + 1) }));
}

/** {@link pairedRandomisation} of the mean of per-report scores. @throws RangeError if the counts differ */
export function pairedRandomisationOfMeans(
  first: readonly number[],
  second: readonly number[],
  options?: ResamplingOptions,
): RandomisationTest {
  if (first.length !== second.length) {
    throw new RangeError(
      `pairedRandomisationOfMeans: counts must match, got ${first.length} and ${second.length} scores`,
    );
  }
  return pairedRandomisation(
    first.length,
    (fromSecond) => fromSecond.reduce((sum, is, i) => sum + (is ? second[i]! : first[i]!), 0) / first.length,
    options,
  );
}

/**
 * Holm's step-down correction for several tests; adjusted p-values in the order given.
 * @see Holm, Scandinavian Journal of Statistics 1979
 */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length).fill(0);
  let floor = 0;
  order.forEach((i, rank) => {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = floor;
  });
  return adjusted;
}

/** Quantile of sorted values, linear between neighbours. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
