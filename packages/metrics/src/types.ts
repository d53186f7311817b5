/** One study: the reference report and the generated one. The field has one reference per study. */
export interface ReportPair {
  readonly id: string;
  readonly reference: string;
  readonly hypothesis: string;
  /**
   * All references of the study, `reference` first, where there are several. BLEU, ROUGE, CIDEr and METEOR define what
   * several references mean ({@link MetricInfo.references}); the other metrics read `reference` alone.
   */
  readonly references?: readonly string[];
}

export type Direction = 'higher' | 'lower';

/** Numbers by name; the name says metric, average and class set, e.g. `clinical/micro/f1/14`. */
export type Scores = Record<string, number>;

/** The two texts of a pair. */
export type Texts = Pick<ReportPair, 'reference' | 'references' | 'hypothesis'>;

/** A list of numbers, plain or typed. */
export type Sums = ArrayLike<number> & Iterable<number>;

/** What every metric says of itself. */
export interface MetricInfo {
  /** By which it is asked for, e.g. `rouge-l`. */
  readonly name: string;
  /** Of its corpus scores; no two metrics write the same key. */
  readonly keys: readonly string[];
  /** Holds for every key, except those under `…/support/` and `…/predicted/`, which are counts. */
  readonly direction: Direction;
  /** What every score lies in, where there are bounds. */
  readonly range?: readonly [min: number, max: number];
  /** `all` where the metric reads every reference of a study; else it reads the first. */
  readonly references?: 'all';
}

/**
 * A metric as numbers of each pair that add up, and the scores that the sums stand for. `score`, streams, intervals, tests,
 * model selection and rewards all follow from these two functions. Pure: same pairs, same numbers. Corpus scores are finite; a
 * pair's own score is NaN where it has none.
 */
export interface PairMetric extends MetricInfo {
  /** Numbers of one pair, `[w]`, as many for every pair. */
  sums(pair: ReportPair): Sums;
  /**
   * The scores of a set of pairs in the order of `keys`.
   * @param sums `[w]`, added up over the pairs @param count pairs, at least 1
   */
  value(sums: Sums, count: number): readonly number[];
  /** A pair's own scores where they are others than `value(sums, 1)`. */
  readonly perReport?: {
    readonly keys: readonly string[];
    /** In the order of `perReport.keys`. */
    value(sums: Sums): readonly number[];
  };
  /** What intervals and tests look at; `keys` and `value` where absent. */
  readonly resampled?: {
    readonly keys: readonly string[];
    /** Keys worth a significance test; all of them where absent. */
    readonly tested?: readonly string[];
    /** In the order of `resampled.keys`; called for every resample. */
    value(sums: Sums, count: number): readonly number[];
  };
}

/** A metric that must see all pairs before it can measure one: document frequencies, studies that are alike. */
export interface CorpusMetric extends MetricInfo {
  /** The metric for these pairs. Resampling keeps what was learnt from all of them. */
  over(pairs: readonly ReportPair[]): PairMetric;
}

export type Metric = PairMetric | CorpusMetric;

export interface MetricResult {
  readonly corpus: Scores;
  /** One record a pair, in the order of the pairs. */
  readonly perReport: Scores[];
}

/** Adds up pairs one at a time; its memory does not grow with their number. */
export interface Accumulator {
  /** Takes one pair in. @returns the pair's own scores */
  update(pair: Texts & { readonly id?: string }): Scores;
  /** Corpus scores of all pairs so far; none before the first. */
  compute(): Scores;
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
