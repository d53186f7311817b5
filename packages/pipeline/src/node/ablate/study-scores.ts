import { additive, bleu, cider, clinicalF1, type Metric, type ReportPair, rougeL } from '@raca/metrics';

/**
 * A score of a set of studies as a function of numbers that add up over studies, so that resampled sets cost a sum.
 * Axes: n studies, w numbers a study.
 */
export interface StudyScore {
  /** As in `raca evaluate`. */
  readonly key: string;
  /** Each study's numbers, `[n, w]`. */
  readonly table: (pairs: readonly ReportPair[]) => StudyTable;
}

export interface StudyTable {
  /** w */
  readonly width: number;
  /** `[n, w]` */
  readonly table: Float64Array;
  /** The score of a set from the sums of its studies' numbers. @param count studies in the set */
  readonly value: (sums: Float64Array, count: number) => number;
}

/** The scores that an ablation tests, and those of further metrics that can be tested. */
export const studyScores = (further: readonly Metric[] = []): StudyScore[] => [
  ...scoresOf(bleu(), ['BLEU_1', 'BLEU_4']),
  ...scoresOf(rougeL()),
  ...scoresOf(cider()),
  ...scoresOf(
    clinicalF1(),
    ['micro', 'macro', 'example'].map((average) => `clinical/${average}/f1/14`),
  ),
  ...further.flatMap((metric) => scoresOf(metric)),
];

/** Scores of a metric that differences are tested by. */
export const testedKeys = (metric: Metric): readonly string[] =>
  ('resampled' in metric && (metric.resampled?.tested ?? metric.resampled?.keys)) || metric.keys;

const scoresOf = (metric: Metric, keys = testedKeys(metric)): StudyScore[] =>
  keys.map((key) => ({
    key,
    table(pairs) {
      const { keys: all, width, table, values } = additive(metric, pairs);
      const at = all.indexOf(key);
      return { width, table, value: (sums, count) => values(sums, count)[at] };
    },
  }));
