import { LARGEST } from '@raca/core';

/** Known cases: what each looks like and what was written of it. */
export interface Bank {
  /** d */
  readonly width: number;
  /** `[N, d]`, row by row. */
  readonly vectors: Float32Array;
  /** N names, none twice. */
  readonly ids: readonly string[];
  /** Token ids of each report, without padding; null: the case may look for others, and is found by none. */
  readonly reports: readonly (Int32Array | null)[];
  /** N numbers: cases of one group, such as the studies of a patient, do not find one another. Absent: each is alone. */
  readonly groups?: Int32Array;
  /** Word of token id i + 1. */
  readonly words?: readonly string[];
}

/**
 * A bank of cases. Reports of a validation or test set must not be in it: give those cases null.
 *
 * @param vectors `[N, d]`, row by row, such as {@link studyVectors} of each study
 * @param ids N names
 * @param reports N reports as token ids, from 1; or null
 * @throws RangeError unless sizes agree, names differ, all numbers are finite and all words known
 */
export function bankOf(
  vectors: Float32Array,
  ids: readonly string[],
  reports: readonly (Int32Array | null)[],
  { groups, words }: Pick<Bank, 'groups' | 'words'> = {},
): Bank {
  const n = ids.length;
  const width = n === 0 ? 0 : vectors.length / n;
  if (
    !Number.isInteger(width) ||
    (n > 0 && width === 0) ||
    width > LARGEST.width ||
    (n === 0 && vectors.length > 0)
  ) {
    throw new RangeError(`bank: expected as many values for each of ${n} cases, got ${vectors.length}`);
  }
  if (reports.length !== n) throw new RangeError(`bank: expected ${n} reports, got ${reports.length}`);
  if (groups && groups.length !== n) throw new RangeError(`bank: expected ${n} groups, got ${groups.length}`);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new RangeError(`bank: the case ${JSON.stringify(id)} is there twice`);
    seen.add(id);
  }
  const wrong = vectors.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) {
    const id = JSON.stringify(ids[Math.floor(wrong / width)]);
    throw new RangeError(`bank: expected finite values, found ${vectors[wrong]} in the case ${id}`);
  }
  const known = words?.length ?? Number.POSITIVE_INFINITY;
  reports.forEach((report, i) => {
    const bad = report?.find((word) => word < 1 || word > known);
    if (bad !== undefined) {
      const range = words ? `in 1..${words.length}` : '1 or more';
      throw new RangeError(
        `bank: tokens must be ${range}, got ${bad} in the report of ${JSON.stringify(ids[i])}`,
      );
    }
  });
  return { width, vectors, ids, reports, ...(groups && { groups }), ...(words && { words }) };
}
