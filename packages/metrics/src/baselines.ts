import { bleuCountsOf, type CountedText, countText, sentenceBleuFromCounts } from './bleu';
import { positives } from './clinical';
import { CHEXPERT_14, type ReportLabels } from './labels/classes';
import { labelReport } from './labels/labeler';
import { sample, seededRandom } from './random';

export interface ConstantReportOptions {
  /** Likeness of a candidate to a training report, higher is closer; sentence BLEU-4 by default. */
  readonly similarity?: (reference: string, candidate: string) => number;
  /** How many candidates, and how many training reports each is compared with. */
  readonly sampleSize?: number;
  readonly seed?: number;
}

/**
 * The one report that is most like the training reports: among a seeded sample of the distinct texts, and
 * the most frequent text, the one with the highest mean similarity to a second seeded sample (a medoid).
 * @throws Error without training reports
 */
export function constantReport(
  train: readonly string[],
  { similarity = likeness(), sampleSize = 150, seed = 1 }: ConstantReportOptions = {},
): string {
  needReports('constantReport', train);
  const random = seededRandom(seed);
  const candidates = new Set([mostFrequentReport(train), ...sample([...new Set(train)], sampleSize, random)]);
  const others = sample(train, sampleSize, random);
  return argmax([...candidates], (candidate) =>
    others.reduce((sum, other) => sum + similarity(other, candidate), 0),
  );
}

/** Sentence BLEU-4 that counts the n-grams of each text once. */
function likeness(): (reference: string, candidate: string) => number {
  const known = new Map<string, CountedText>();
  const counted = (text: string): CountedText => {
    const counts = known.get(text) ?? countText(text);
    known.set(text, counts);
    return counts;
  };
  return (reference, candidate) =>
    sentenceBleuFromCounts(bleuCountsOf(counted(reference), counted(candidate)));
}

/** The text that comes most often; the first of them when several do. @throws Error without reports */
export function mostFrequentReport(train: readonly string[]): string {
  needReports('mostFrequentReport', train);
  const counts = new Map<string, number>();
  for (const text of train) counts.set(text, (counts.get(text) ?? 0) + 1);
  return argmax([...counts.keys()], (text) => counts.get(text)!);
}

/** Score of one text given as the report of every training study, higher is better. */
export type ConstantMetric = (train: readonly string[]) => (candidate: string) => number;

/**
 * Clinical micro-F1 over the 14 classes of a constant report. Reports with the same labels score the same,
 * so this costs one labelling a text.
 */
export const constantClinicalF1: (options?: {
  readonly labeler?: (report: string) => ReportLabels;
  readonly uncertain?: 'negative' | 'positive';
}) => ConstantMetric =
  ({ labeler = labelReport, uncertain = 'negative' } = {}) =>
  (train) => {
    const columns = new Array<number>(CHEXPERT_14.length).fill(0);
    for (const text of train) {
      positives(labeler(text), CHEXPERT_14, uncertain).forEach((is, c) => {
        if (is) columns[c]!++;
      });
    }
    const there = columns.reduce((sum, n) => sum + n, 0);
    return (candidate) => {
      let hits = 0;
      let said = 0;
      positives(labeler(candidate), CHEXPERT_14, uncertain).forEach((is, c) => {
        if (!is) return;
        hits += columns[c]!;
        said += train.length;
      });
      return there + said === 0 ? 0 : (2 * hits) / (there + said);
    };
  };

/**
 * The training report that, said of every training study, scores best: the bar that a model must clear.
 * Ties go to the text that comes first.
 * @throws Error without training reports
 */
export function bestConstantReport(
  train: readonly string[],
  metric: ConstantMetric = constantClinicalF1(),
): string {
  needReports('bestConstantReport', train);
  return argmax([...new Set(train)], metric(train));
}

/**
 * The report of the training study whose feature vector has the largest cosine with the query's.
 * @param trainFeatures one vector a study, all of the query's length
 * @throws Error if counts or lengths differ
 */
export function nearestReport(
  queryFeatures: Float32Array,
  trainFeatures: readonly Float32Array[],
  trainReports: readonly string[],
): string {
  needReports('nearestReport', trainReports);
  if (trainFeatures.length !== trainReports.length) {
    throw new Error(
      `nearestReport: counts must match, got ${trainFeatures.length} feature vectors and ` +
        `${trainReports.length} reports`,
    );
  }
  const nearest = argmax([...trainFeatures.keys()], (i) => {
    const features = trainFeatures[i]!;
    if (features.length !== queryFeatures.length) {
      throw new Error(
        `nearestReport: feature vector ${i} must have ${queryFeatures.length} numbers, got ${features.length}`,
      );
    }
    return cosine(queryFeatures, features);
  });
  return trainReports[nearest]!;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

function argmax<T>(items: readonly T[], value: (item: T) => number): T {
  let best = items[0] as T;
  let most = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const here = value(item);
    if (here > most) {
      most = here;
      best = item;
    }
  }
  return best;
}

function needReports(name: string, train: readonly string[]): void {
  if (train.length === 0) throw new Error(`${name}: expected training reports, got none`);
}
