import { addBleuCounts, type BleuCounts, bleuCounts, bleuFromCounts, emptyBleuCounts } from './bleu';
import { type Agreement, countAgreement, positives, precisionRecallF1 } from './clinical';
import { CHEXPERT_5, CHEXPERT_14, type ReportLabels } from './labels/classes';
import { labelReport } from './labels/labeler';
import {
  addMeteor15Counts,
  emptyMeteor15Counts,
  type Meteor15Counts,
  type Meteor15Options,
  meteor15Counts,
  meteor15FromCounts,
} from './meteor/meteor15';
import { meteor15Key } from './meteor/scorers';
import { score } from './score';
import { holm, pairedRandomisationOfMeans, pairedRandomisations, type ResamplingOptions } from './statistics';
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
  /** Metrics beside BLEU, METEOR 1.5 and clinical F1 whose corpus value is the mean over reports. */
  readonly metrics?: readonly Scorer[];
  readonly labeler?: (report: string) => ReportLabels;
  /** With it METEOR 1.5 is compared as well. */
  readonly meteor?: Meteor15Options;
}

/**
 * Paired approximate randomisation of two systems over the same references: corpus BLEU-1…4, METEOR 1.5 where asked for, clinical micro- and
 * macro-F1 (14 and 5 classes), and every score that is a mean over reports. Holm's correction over all of them.
 * @throws Error when the references differ, or a metric's corpus value is not the mean over reports
 */
export function compareSystems(
  first: readonly ReportPair[],
  second: readonly ReportPair[],
  options: CompareOptions = {},
): Comparison[] {
  checkSameReferences(first, second);
  const tests = [...compareCorpora(first, second, options), ...compareMeans(first, second, options)];
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

/** What one system gives for one report; added up, it makes the corpus scores. */
interface Summary {
  readonly bleu: BleuCounts;
  readonly meteor: Meteor15Counts | null;
  /** One for each of the 14 classes. */
  readonly classes: readonly Agreement[];
}

type Corpus = Readonly<Record<string, number>>;

function compareCorpora(
  first: readonly ReportPair[],
  second: readonly ReportPair[],
  { labeler = labelReport, meteor, ...resampling }: CompareOptions,
): Test[] {
  const summarise = ({ reference, hypothesis }: ReportPair): Summary => {
    const truth = positives(labeler(reference));
    const said = positives(labeler(hypothesis));
    return {
      bleu: bleuCounts(reference, hypothesis),
      meteor: meteor ? meteor15Counts(reference, hypothesis, meteor) : null,
      classes: CHEXPERT_14.map((_, c) => countAgreement([truth[c]!], [said[c]!])),
    };
  };
  const [a, b] = [first.map(summarise), second.map(summarise)];
  const evaluate = (chosen: readonly Summary[]) => corpusOf(chosen, meteor);
  const [ofFirst, ofSecond] = [evaluate(a), evaluate(b)];
  const tests = pairedRandomisations(
    a.length,
    (fromSecond) => Object.values(evaluate(fromSecond.map((is, i) => (is ? b[i]! : a[i]!)))),
    resampling,
  );
  return Object.keys(ofFirst).map((key, k) => ({
    key,
    direction: 'higher',
    first: ofFirst[key]!,
    second: ofSecond[key]!,
    ...tests[k]!,
  }));
}

function corpusOf(chosen: readonly Summary[], meteor: Meteor15Options | undefined): Corpus {
  const bleu = emptyBleuCounts();
  const words = emptyMeteor15Counts();
  const classes = CHEXPERT_14.map(noAgreement);
  for (const one of chosen) {
    addBleuCounts(bleu, one.bleu);
    if (one.meteor) addMeteor15Counts(words, one.meteor);
    for (let c = 0; c < classes.length; c++) add(classes[c]!, one.classes[c]!);
  }
  const corpus: Record<string, number> = {};
  bleuFromCounts(bleu).forEach((value, k) => {
    corpus[`BLEU_${k + 1}`] = value;
  });
  if (meteor) corpus[meteor15Key(meteor)] = meteor15FromCounts(words, meteor.parameters);
  for (const names of [CHEXPERT_14, CHEXPERT_5]) {
    const counts = names.map((name) => classes[CHEXPERT_14.indexOf(name)]!);
    corpus[`clinical/micro/f1/${names.length}`] = precisionRecallF1(counts.reduce(add, noAgreement())).f1;
    corpus[`clinical/macro/f1/${names.length}`] = mean(counts.map((one) => precisionRecallF1(one).f1));
  }
  return corpus;
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
  { metrics = [], resamples, seed }: CompareOptions,
): Test[] {
  if (metrics.length === 0) return [];
  const [a, b] = [first, second].map((pairs) => score(pairs, { metrics, protocol: 'full' }));
  return Object.keys(a!.perReport[0]!.scores).map((key) => {
    const values = [a!, b!].map(({ perReport, corpus }) => {
      const each = perReport.map(({ scores }) => scores[key]!);
      if (Math.abs(mean(each) - corpus[key]!) < 1e-9) return each;
      throw new Error(`compareSystems: ${key}: the corpus value must be the mean over reports`);
    });
    const { difference, pValue } = pairedRandomisationOfMeans(values[0]!, values[1]!, { resamples, seed });
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
