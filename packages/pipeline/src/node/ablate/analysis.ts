import {
  bootstrapInterval,
  holm,
  type Metric,
  type Protocol,
  pairedRandomisation,
  type ReportPair,
  type ResamplingOptions,
} from '@raca/metrics';
import { type StudyScore, type StudyTable, studyScores } from './study-scores';

/** A row's reports: the same studies in the same order for every seed. */
export interface RowReports {
  readonly row: string;
  readonly seeds: readonly { readonly seed: number; readonly pairs: readonly ReportPair[] }[];
}

/** A row by one score. */
export interface RowScore {
  readonly row: string;
  readonly key: string;
  /** One value a seed. */
  readonly values: readonly { readonly seed: number; readonly value: number }[];
  readonly mean: number;
  /** Over seeds, with n − 1; null for one seed. */
  readonly sd: number | null;
  /** 95 %, bootstrap over studies, of the mean over seeds. */
  readonly interval: readonly [low: number, high: number];
  /** Against the baseline, over the seeds that both have; null for the baseline and where no seed is common. */
  readonly test: RowTest | null;
}

export interface RowTest {
  readonly seeds: readonly number[];
  /** Mean over seeds of this row's score minus the baseline's. */
  readonly difference: number;
  /** 95 %, bootstrap over studies. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided, paired approximate randomisation over studies: a study's reports of all seeds are swapped together. */
  readonly pValue: number;
  /** After Holm's correction over the rows. */
  readonly adjusted: number;
}

/** All rows under one protocol. */
export interface Analysis {
  readonly protocol: Protocol;
  readonly studies: number;
  readonly scores: readonly RowScore[];
}

/** Further metrics; resamples of intervals and of tests, by default 1,000 and 10,000. */
export interface AnalysisOptions {
  /** Measured and tested beside BLEU, ROUGE-L, CIDEr and clinical F1. */
  readonly metrics?: readonly Metric[];
  readonly bootstrap?: ResamplingOptions;
  readonly test?: ResamplingOptions;
}

/**
 * Mean and spread over seeds, intervals and tests over studies, for every score that resampling can follow.
 * @throws Error if two runs did not write reports for the same studies
 */
export function analyse(
  rows: readonly RowReports[],
  baseline: string,
  protocol: Protocol,
  options: AnalysisOptions = {},
): Analysis {
  const all = rows.filter(({ seeds }) => seeds.length > 0);
  const studies = sameStudies(all);
  const scores =
    studies === 0
      ? []
      : studyScores(options.metrics).flatMap((score) => analyseScore(score, all, baseline, studies, options));
  return { protocol, studies, scores };
}

function analyseScore(
  score: StudyScore,
  rows: readonly RowReports[],
  baseline: string,
  studies: number,
  options: AnalysisOptions,
): RowScore[] {
  const tables = new Map(
    rows.map(({ row, seeds }) => [row, new Map(seeds.map(({ seed, pairs }) => [seed, score.table(pairs)]))]),
  );
  const base = tables.get(baseline);
  const positions = Array.from({ length: studies }, (_, i) => i);
  const found = rows.map(({ row }) => {
    const own = tables.get(row)!;
    const values = [...own].map(([seed, table]) => ({ seed, value: ofPositions(table, positions) }));
    const { low, high } = bootstrapInterval(
      studies,
      (drawn) => mean([...own.values()].map((table) => ofPositions(table, drawn))),
      options.bootstrap,
    );
    const test = base && row !== baseline ? compare(own, base, studies, options) : null;
    return {
      row,
      key: score.key,
      values,
      ...spread(values.map(({ value }) => value)),
      interval: [low, high] as const,
      test,
    };
  });
  const adjusted = holm(found.flatMap(({ test }) => (test ? [test.pValue] : [])));
  let next = 0;
  return found.map((one) => ({ ...one, test: one.test && { ...one.test, adjusted: adjusted[next++] } }));
}

function compare(
  own: ReadonlyMap<number, StudyTable>,
  base: ReadonlyMap<number, StudyTable>,
  studies: number,
  options: AnalysisOptions,
): Omit<RowTest, 'adjusted'> | null {
  const seeds = [...own.keys()].filter((seed) => base.has(seed));
  if (seeds.length === 0) return null;
  const both = seeds.map((seed) => [own.get(seed)!, base.get(seed)!] as const);
  const { estimate, low, high } = bootstrapInterval(
    studies,
    (drawn) => mean(both.map(([a, b]) => ofPositions(a, drawn) - ofPositions(b, drawn))),
    options.bootstrap,
  );
  const { pValue } = pairedRandomisation(
    studies,
    (fromSecond) => mean(both.map(([a, b]) => ofMixture(a, b, fromSecond))),
    options.test,
  );
  return { seeds, difference: estimate, interval: [low, high], pValue };
}

/** The score of the studies at these positions. */
function ofPositions({ width, table, value }: StudyTable, positions: readonly number[]): number {
  const sums = new Float64Array(width);
  for (const i of positions) for (let k = 0; k < width; k++) sums[k] += table[i * width + k];
  return value(sums, positions.length);
}

/** The score of a system whose reports come from two. */
function ofMixture(first: StudyTable, second: StudyTable, fromSecond: readonly boolean[]): number {
  const { width, value } = first;
  const sums = new Float64Array(width);
  fromSecond.forEach((is, i) => {
    const { table } = is ? second : first;
    for (let k = 0; k < width; k++) sums[k] += table[i * width + k];
  });
  return value(sums, fromSecond.length);
}

/** Mean and standard deviation with n − 1. */
export function spread(values: readonly number[]): { mean: number; sd: number | null } {
  const m = mean(values);
  if (values.length < 2) return { mean: m, sd: null };
  return { mean: m, sd: Math.sqrt(values.reduce((sum, x) => sum + (x - m) ** 2, 0) / (values.length - 1)) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function sameStudies(rows: readonly RowReports[]): number {
  const runs = rows.flatMap(({ row, seeds }) => seeds.map(({ seed, pairs }) => ({ row, seed, pairs })));
  if (runs.length === 0) return 0;
  const [first] = runs;
  for (const { row, seed, pairs } of runs) {
    const other = pairs.findIndex(
      ({ id, reference }, i) => id !== first.pairs[i]?.id || reference !== first.pairs[i].reference,
    );
    if (pairs.length === first.pairs.length && other < 0) continue;
    const found = other < 0 ? `${pairs.length} studies beside ${first.pairs.length}` : `"${pairs[other].id}"`;
    throw new Error(
      `ablation: ${row}, seed ${seed}: expected the studies and references of ${first.row}, found ${found}`,
    );
  }
  return first.pairs.length;
}
