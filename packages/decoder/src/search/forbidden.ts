/** Option of every search: words that are never written. */
export interface ForbiddenWords {
  /**
   * Ids that are never chosen, such as that of `<unk>`; default none. The others keep their probabilities: scores are those of
   * the whole model, as where the field suppresses tokens.
   */
  readonly forbidden?: readonly number[];
}

/** @throws RangeError for an id that is none, or for 0, which ends a report */
export function checkForbidden(ids: readonly number[] = []): void {
  for (const id of ids) {
    if (Number.isInteger(id) && id >= 1) continue;
    throw new RangeError(`search: forbidden must hold word ids from 1, got ${id}`);
  }
}

/** Takes every chance from the words, in place. @throws RangeError for an id outside the vocabulary */
export function forbid(logProbabilities: Float64Array, ids: readonly number[]): void {
  for (const id of ids) {
    if (id >= logProbabilities.length) {
      throw new RangeError(
        `search: forbidden must hold word ids up to ${logProbabilities.length - 1}, got ${id}`,
      );
    }
    logProbabilities[id] = Number.NEGATIVE_INFINITY;
  }
}
