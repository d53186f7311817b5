/** One study: the reference report and the generated one. The field has one reference per study. */
export interface ReportPair {
  readonly id: string;
  readonly reference: string;
  readonly hypothesis: string;
  /**
   * All references of the study, `reference` first, where there are several. BLEU, ROUGE, CIDEr and METEOR define what
   * several references mean ({@link Scorer.references}); the other metrics read `reference` alone.
   */
  readonly references?: readonly string[];
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
export type Texts = Pick<ReportPair, 'reference' | 'references' | 'hypothesis'>;

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
  /** `all` where the metric reads every reference of a study; else it reads the first. */
  readonly references?: 'all';
  /** Absent where a score needs all pairs at once. */
  accumulate?(): Accumulator;
  /** For resampling; where absent, the corpus scores must be means over reports. */
  additive?(pairs: readonly ReportPair[]): AdditiveScores;
}

/** Corpus scores as functions of numbers that add up over reports, so that a resampled set costs one sum. */
export interface AdditiveScores {
  readonly keys: readonly string[];
  /** Keys worth a significance test; all when left out. */
  readonly tested?: readonly string[];
  /** Numbers per report, w. */
  readonly width: number;
  /** `[n, w]`, row after row. */
  readonly table: Float64Array;
  /** The scores of a set, in the order of `keys`, from the sums `[w]` of its `count` reports. */
  values(sums: Float64Array, count: number): readonly number[];
}
