/** One study: the reference report and the generated one. The field has one reference a study. */
export interface ReportPair {
  readonly id: string;
  readonly reference: string;
  readonly hypothesis: string;
}

export type Direction = 'higher' | 'lower';

/** Numbers by name; the name says metric, average and class set, e.g. `clinical/micro/f1/14`. */
export type Scores = Record<string, number>;

export interface ScorerResult {
  readonly corpus: Scores;
  /** One record a pair, in the order of the pairs. */
  readonly perReport: Scores[];
}

/** The two texts of a pair. */
export type Texts = Pick<ReportPair, 'reference' | 'hypothesis'>;

/** Adds up pairs one at a time; its memory does not grow with their number. */
export interface Accumulator {
  /** Takes one pair in. @returns the pair's own scores */
  update(pair: Texts): Scores;
  /** Corpus scores of all pairs so far. */
  compute(): Scores;
}

/**
 * A metric over reports. Pure: same pairs, same numbers. `direction` and `range` hold for every key it
 * writes, except keys under `…/support/` and `…/predicted/`, which are counts.
 */
export interface Scorer {
  readonly id: string;
  readonly direction: Direction;
  readonly range: readonly [min: number, max: number];
  score(pairs: readonly ReportPair[]): ScorerResult;
  /** Absent where a score needs all pairs at once. */
  accumulate?(): Accumulator;
}
