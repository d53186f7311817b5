import { Random } from '@raca/core/random';
import { SPLITS, type Split } from '../dataset';

/** Shares of train, val and test. */
export type Shares = readonly [train: number, val: number, test: number];

/** R2Gen's shares of IU X-ray. */
export const DEFAULT_SHARES: Shares = [7, 1, 2];

/**
 * A split of one's own: patients are shuffled by seed and dealt out by shares, so that no patient stands in two
 * parts. Depends on the set of patients and the seed alone, not on their order.
 *
 * @throws RangeError if shares are negative or all zero
 */
export function splitByPatient(
  patients: Iterable<string>,
  seed: number,
  shares: Shares = DEFAULT_SHARES,
): Map<string, Split> {
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!(total > 0) || shares.some((share) => !(share >= 0) || !Number.isFinite(share))) {
    throw new RangeError(`shares: must be three numbers of at least 0, not all 0, got ${shares.join(', ')}`);
  }
  const order = [...new Set(patients)].sort();
  const shuffled = new Random(seed).split('split').shuffle(order);
  const ends = [shares[0], shares[0] + shares[1], total].map((sum) =>
    Math.round((sum / total) * shuffled.length),
  );
  return new Map(
    shuffled.map((patient, i) => [patient, SPLITS[ends.findIndex((end) => i < end)]] as [string, Split]),
  );
}
