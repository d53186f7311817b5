import { CHEXPERT_5, CHEXPERT_14, type ChexpertClass, type ReportLabels } from './labels/classes';
import { labelReport } from './labels/labeler';
import type { PairMetric, ReportPair, Scores } from './types';

export interface ClinicalF1Options {
  /** What an uncertain label counts as. A class that is not mentioned counts as negative. */
  readonly uncertain?: 'negative' | 'positive';
  /** Text to labels: the rules of {@link labelReport}, or a model of yours. */
  readonly labeler?: (report: string) => ReportLabels;
}

/** Labels of both sides of a study. */
export interface LabelPair {
  readonly reference: ReportLabels;
  readonly hypothesis: ReportLabels;
}

/** Counts of one class, or of several added up. */
export interface Agreement {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
}

/** Precision, recall and F1; 0 where nothing was predicted or nothing was there (as scikit-learn). */
export function precisionRecallF1({ truePositives, falsePositives, falseNegatives }: Agreement) {
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return {
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, truePositives + falseNegatives),
    f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
  };
}

/** Which of the classes a report has, as the option `uncertain` reads them. */
export function positives(
  labels: ReportLabels,
  classes: readonly ChexpertClass[] = CHEXPERT_14,
  uncertain: 'negative' | 'positive' = 'negative',
): boolean[] {
  return classes.map((name) => labels[name] === 1 || (uncertain === 'positive' && labels[name] === -1));
}

/** Adds up agreement over columns (classes) or rows (reports). */
export function countAgreement(truth: readonly boolean[], predicted: readonly boolean[]): Agreement {
  const counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
  truth.forEach((isTrue, i) => {
    if (isTrue && predicted[i]) counts.truePositives++;
    else if (predicted[i]) counts.falsePositives++;
    else if (isTrue) counts.falseNegatives++;
  });
  return counts;
}

/**
 * Clinical efficacy: labels of the reference against labels of the hypothesis, over the 14 classes and over
 * CheXpert's 5. Corpus keys, with n = 14 or 5 and `+uncertain` behind it when uncertain counts as positive:
 * - `clinical/{micro,macro,example,weighted}/{precision,recall,f1}/n`: all decisions at once; mean over classes; mean
 *   over reports; mean over classes, each weighted by its support (scikit-learn's `weighted avg`)
 * - `clinical/class/{precision,recall,f1}/<class>`, `clinical/support/<class>` and
 *   `clinical/predicted/<class>` (reports of the references and the hypotheses that have the class)
 *
 * Per report: `clinical/example/{precision,recall,f1}/n`. A ratio of nothing is 0, as in scikit-learn: a class
 * without support pulls the macro average down, a report without any of the 5 classes the example average.
 * The labels come from rules: name them beside the number, they are not CheXbert's.
 */
export function clinicalF1({ uncertain, labeler = labelReport }: ClinicalF1Options = {}): PairMetric {
  const known = remember(labeler);
  return clinicalF1OfLabels(
    ({ reference, hypothesis }) => ({ reference: known(reference), hypothesis: known(hypothesis) }),
    { uncertain },
  );
}

/**
 * {@link clinicalF1} of labels that are there already, from a file or from another labeler: the same keys.
 * @param labelsOf labels of both sides of a study
 */
export function clinicalF1OfLabels(
  labelsOf: (pair: ReportPair) => LabelPair,
  { uncertain = 'negative' }: Pick<ClinicalF1Options, 'uncertain'> = {},
): PairMetric {
  const suffix = uncertain === 'positive' ? '+uncertain' : '';
  const names = SETS.map(({ classes }) => `${classes.length}${suffix}`);
  const tested = names.flatMap((name) => AVERAGES.map((average) => `clinical/${average}/f1/${name}`));
  const nothing = new Float64Array(WIDTH);
  return {
    name: `clinical-f1${suffix}`,
    keys: Object.keys(corpusScores(nothing, 1, suffix)),
    direction: 'higher',
    range: [0, 1],
    sums: (pair) => countsOf(labelsOf(pair), uncertain),
    value: (sums, count) => Object.values(corpusScores(sums, count, suffix)),
    perReport: {
      keys: Object.keys(exampleScores(nothing, suffix)),
      value: (sums) => Object.values(exampleScores(sums, suffix)),
    },
    resampled: {
      keys: [...tested, ...CHEXPERT_14.map((name) => `clinical/class/f1/${name}${suffix}`)],
      tested,
      value: f1Values,
    },
  };
}

const SETS = [CHEXPERT_14, CHEXPERT_5].map((classes) => ({
  classes,
  /** Where their counts begin in a row. */
  places: classes.map((name) => 3 * CHEXPERT_14.indexOf(name)),
}));
const EXAMPLE = 3 * CHEXPERT_14.length;
/** True positives, false positives, false negatives of each class; precision, recall, F1 of the report for each set. */
const WIDTH = EXAMPLE + 3 * SETS.length;
const AVERAGES = ['micro', 'macro', 'example', 'weighted'] as const;
const RATIOS = ['precision', 'recall', 'f1'] as const;

type Prf = ReturnType<typeof precisionRecallF1>;

/** A report's row of counts, `[WIDTH]`. */
function countsOf({ reference, hypothesis }: LabelPair, uncertain: 'negative' | 'positive'): Float64Array {
  const out = new Float64Array(WIDTH);
  const truth = positives(reference, CHEXPERT_14, uncertain);
  const said = positives(hypothesis, CHEXPERT_14, uncertain);
  truth.forEach((isTrue, c) => {
    if (isTrue || said[c]) out[3 * c + (isTrue ? (said[c] ? 0 : 2) : 1)] = 1;
  });
  SETS.forEach(({ places }, s) => {
    const value = precisionRecallF1(agreementAt(out, places));
    out.set([value.precision, value.recall, value.f1], EXAMPLE + 3 * s);
  });
  return out;
}

const averages = (sums: ArrayLike<number>, count: number): Record<(typeof AVERAGES)[number], Prf>[] =>
  SETS.map(({ places }, s) => {
    const each = places.map((place) => agreementAt(sums, [place]));
    const ratios = each.map(precisionRecallF1);
    const support = each.map(({ truePositives, falseNegatives }) => truePositives + falseNegatives);
    return {
      micro: precisionRecallF1(agreementAt(sums, places)),
      macro: weightedMean(
        ratios,
        places.map(() => 1),
      ),
      example: exampleOf(sums, count, s),
      weighted: weightedMean(ratios, support),
    };
  });

function corpusScores(sums: ArrayLike<number>, count: number, suffix: string): Scores {
  const scores: Scores = {};
  averages(sums, count).forEach((of, s) => {
    const name = `${SETS[s]!.classes.length}${suffix}`;
    for (const average of AVERAGES) put(scores, average, name, of[average]);
  });
  CHEXPERT_14.forEach((name, c) => {
    const counts = agreementAt(sums, [3 * c]);
    const value = precisionRecallF1(counts);
    for (const ratio of RATIOS) scores[`clinical/class/${ratio}/${name}${suffix}`] = value[ratio];
    scores[`clinical/support/${name}${suffix}`] = counts.truePositives + counts.falseNegatives;
    scores[`clinical/predicted/${name}${suffix}`] = counts.truePositives + counts.falsePositives;
  });
  return scores;
}

function exampleScores(row: ArrayLike<number>, suffix: string): Scores {
  const scores: Scores = {};
  SETS.forEach(({ classes }, s) => {
    put(scores, 'example', `${classes.length}${suffix}`, exampleOf(row, 1, s));
  });
  return scores;
}

/**
 * F1 in the order of `resampled.keys`: micro, macro, example, weighted of the 14 classes, of the 5, then each class. The same
 * numbers as `averages` gives, without objects: resampling calls it hundreds of thousands of times.
 */
function f1Values(sums: ArrayLike<number>, count: number): number[] {
  const out: number[] = [];
  SETS.forEach(({ places }, s) => {
    let [hits, wrong, macro, weighted, support] = [0, 0, 0, 0, 0];
    for (const place of places) {
      const positive = sums[place]! + sums[place + 2]!;
      const misses = sums[place + 1]! + sums[place + 2]!;
      const f1 = f1Of(sums[place]!, misses);
      hits += sums[place]!;
      wrong += misses;
      macro += f1;
      weighted += positive * f1;
      support += positive;
    }
    const example = sums[EXAMPLE + 3 * s + 2]! / Math.max(1, count);
    out.push(f1Of(hits, wrong), macro / places.length, example, support === 0 ? 0 : weighted / support);
  });
  for (const place of SETS[0]!.places) out.push(f1Of(sums[place]!, sums[place + 1]! + sums[place + 2]!));
  return out;
}

const f1Of = (hits: number, wrong: number): number => (hits === 0 ? 0 : (2 * hits) / (2 * hits + wrong));

/** The counts of some classes added up. */
function agreementAt(sums: ArrayLike<number>, places: readonly number[]): Agreement {
  const total = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
  for (const place of places) {
    total.truePositives += sums[place]!;
    total.falsePositives += sums[place + 1]!;
    total.falseNegatives += sums[place + 2]!;
  }
  return total;
}

function exampleOf(sums: ArrayLike<number>, count: number, set: number): Prf {
  const at = EXAMPLE + 3 * set;
  const n = Math.max(1, count);
  return { precision: sums[at]! / n, recall: sums[at + 1]! / n, f1: sums[at + 2]! / n };
}

/** Mean of each ratio; 0 without weight. */
function weightedMean(all: readonly Prf[], weights: readonly number[]): Prf {
  const total = { precision: 0, recall: 0, f1: 0 };
  let whole = 0;
  all.forEach((one, i) => {
    whole += weights[i]!;
    for (const ratio of RATIOS) total[ratio] += weights[i]! * one[ratio];
  });
  if (whole > 0) for (const ratio of RATIOS) total[ratio] /= whole;
  return total;
}

const KNOWN_REPORTS = 20_000;

/** Labels of texts seen before; a model may be behind it. */
function remember(labeler: (report: string) => ReportLabels): (report: string) => ReportLabels {
  const known = new Map<string, ReportLabels>();
  return (text) => {
    let labels = known.get(text);
    if (!labels) {
      labels = labeler(text);
      if (known.size >= KNOWN_REPORTS) known.clear();
      known.set(text, labels);
    }
    return labels;
  };
}

function put(scores: Scores, over: string, set: string, { precision, recall, f1 }: Prf): void {
  scores[`clinical/${over}/precision/${set}`] = precision;
  scores[`clinical/${over}/recall/${set}`] = recall;
  scores[`clinical/${over}/f1/${set}`] = f1;
}
