import { addBleuCounts, type BleuCounts, bleuCounts, bleuFromCounts, emptyBleuCounts } from './bleu';
import { type Agreement, countAgreement, positives, precisionRecallF1 } from './clinical';
import { CHEXPERT_5, CHEXPERT_14, type ReportLabels } from './labels/classes';
import { labelReport } from './labels/labeler';
import { score } from './score';
import { holm, pairedRandomisation, pairedRandomisationOfMeans, type ResamplingOptions } from './statistics';
import { mean } from './tokens';
import type { Direction, ReportPair, Scorer } from './types';

/** Two systems on the same studies, by one score. */
export interface Comparison {
  readonly key: string;
  readonly direction: Direction;
  readonly first: number;
  readonly second: number;
  /** First minus second. */
  readonly difference: number;
  /** Two-sided, of paired approximate randomisation. */
  readonly pValue: number;
  /** After Holm's correction over all scores compared. */
  readonly adjusted: number;
}

export interface CompareOptions extends ResamplingOptions {
  /** Metrics beside BLEU and clinical F1 whose corpus value is the mean over reports. */
  readonly metrics?: readonly Scorer[];
  readonly labeler?: (report: string) => ReportLabels;
}

/**
 * Paired approximate randomisation of two systems over the same references: corpus BLEU-1…4, clinical micro- and
 * macro-F1 (14 and 5 classes), and every score that is a mean over reports. Holm's correction over all of them.
 * @throws Error when the references differ, or a metric's corpus value is not the mean over reports
 */
export function compareSystems(
  first: readonly ReportPair[],
  second: readonly ReportPair[],
  { metrics = [], labeler = labelReport, ...resampling }: CompareOptions = {},
): Comparison[] {
  checkSameReferences(first, second);
  const tests = [
    ...compareBleu(first, second, resampling),
    ...compareClinical(first, second, labeler, resampling),
    ...compareMeans(first, second, metrics, resampling),
  ];
  const adjusted = holm(tests.map(({ pValue }) => pValue));
  return tests.map((test, i) => ({ ...test, adjusted: adjusted[i]! }));
}

type Test = Omit<Comparison, 'adjusted'>;

function checkSameReferences(first: readonly ReportPair[], second: readonly ReportPair[]): void {
  if (first.length !== second.length) {
    throw new Error(`compareSystems: counts must match, got ${first.length} and ${second.length} pairs`);
  }
  first.forEach(({ id, reference }, i) => {
    if (second[i]!.id === id && second[i]!.reference === reference) return;
    throw new Error(`compareSystems: pair ${i}: studies must match, got "${id}" and "${second[i]!.id}"`);
  });
}

/** One test of a corpus score: `evaluate` gets, for each report, what the chosen system gave. */
function compareCorpus<T>(
  key: string,
  first: readonly T[],
  second: readonly T[],
  evaluate: (chosen: readonly T[]) => number,
  resampling: ResamplingOptions,
): Test {
  const { difference, pValue } = pairedRandomisation(
    first.length,
    (fromSecond) => evaluate(fromSecond.map((is, i) => (is ? second[i]! : first[i]!))),
    resampling,
  );
  return {
    key,
    direction: 'higher',
    first: evaluate(first),
    second: evaluate(second),
    difference,
    pValue,
  };
}

function compareBleu(
  first: readonly ReportPair[],
  second: readonly ReportPair[],
  resampling: ResamplingOptions,
): Test[] {
  const [a, b] = [first, second].map((pairs) =>
    pairs.map(({ reference, hypothesis }) => bleuCounts(reference, hypothesis)),
  ) as [BleuCounts[], BleuCounts[]];
  return [1, 2, 3, 4].map((n) =>
    compareCorpus(
      `BLEU_${n}`,
      a,
      b,
      (chosen) => bleuFromCounts(chosen.reduce(addBleuCounts, emptyBleuCounts()))[n - 1]!,
      resampling,
    ),
  );
}

function compareClinical(
  first: readonly ReportPair[],
  second: readonly ReportPair[],
  labeler: (report: string) => ReportLabels,
  resampling: ResamplingOptions,
): Test[] {
  return [CHEXPERT_14, CHEXPERT_5].flatMap((classes) => {
    /** True positives, false positives and false negatives of each class, for each report. */
    const rows = (pairs: readonly ReportPair[]): Agreement[][] =>
      pairs.map(({ reference, hypothesis }) => {
        const truth = positives(labeler(reference), classes);
        const said = positives(labeler(hypothesis), classes);
        return classes.map((_, c) => countAgreement([truth[c]!], [said[c]!]));
      });
    const [a, b] = [rows(first), rows(second)];
    const byClass = (chosen: readonly Agreement[][]): Agreement[] => {
      const sums = classes.map(noAgreement);
      for (const row of chosen) for (let c = 0; c < row.length; c++) add(sums[c]!, row[c]!);
      return sums;
    };
    const averages = {
      micro: (chosen: readonly Agreement[][]) =>
        precisionRecallF1(byClass(chosen).reduce(add, noAgreement())).f1,
      macro: (chosen: readonly Agreement[][]) =>
        mean(byClass(chosen).map((counts) => precisionRecallF1(counts).f1)),
    };
    return Object.entries(averages).map(([name, evaluate]) =>
      compareCorpus(`clinical/${name}/f1/${classes.length}`, a, b, evaluate, resampling),
    );
  });
}

const noAgreement = (): Agreement => ({ truePositives: 0, falsePositives: 0, falseNegatives: 0 });

function add(total: Agreement, more: Agreement): Agreement {
  total.truePositives += more.truePositives;
  total.falsePositives += more.falsePositives;
  total.falseNegatives += more.falseNegatives;
  return total;
}

function compareMeans(
  first: readonly ReportPair[],
  second: readonly ReportPair[],
  metrics: readonly Scorer[],
  resampling: ResamplingOptions,
): Test[] {
  if (metrics.length === 0) return [];
  const [a, b] = [first, second].map((pairs) => score(pairs, { metrics, protocol: 'full' }));
  return Object.keys(a!.perReport[0]!.scores).map((key) => {
    const values = [a!, b!].map(({ perReport, corpus }) => {
      const each = perReport.map(({ scores }) => scores[key]!);
      if (Math.abs(mean(each) - corpus[key]!) < 1e-9) return each;
      throw new Error(`compareSystems: ${key}: the corpus value must be the mean over reports`);
    });
    const { difference, pValue } = pairedRandomisationOfMeans(values[0]!, values[1]!, resampling);
    return {
      key,
      direction: a!.directions[key]!,
      first: a!.corpus[key]!,
      second: b!.corpus[key]!,
      difference,
      pValue,
    };
  });
}
