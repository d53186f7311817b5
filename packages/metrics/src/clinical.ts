import { CHEXPERT_5, CHEXPERT_14, type ChexpertClass, type ReportLabels } from './labels/classes';
import { labelReport } from './labels/labeler';
import { type StreamingScorer, streaming } from './streaming';
import { mean } from './tokens';
import type { Scores } from './types';

export interface ClinicalF1Options {
  /** What an uncertain label counts as. A class that is not mentioned counts as negative. */
  readonly uncertain?: 'negative' | 'positive';
  /** Text to labels: the rules of {@link labelReport}, or a model of yours. */
  readonly labeler?: (report: string) => ReportLabels;
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
 * - `clinical/{micro,macro,example}/{precision,recall,f1}/n`: all decisions at once; mean over classes; mean
 *   over reports
 * - `clinical/class/{precision,recall,f1}/<class>`, `clinical/support/<class>` and
 *   `clinical/predicted/<class>` (reports of the references and the hypotheses that have the class)
 *
 * Per report: `clinical/example/{precision,recall,f1}/n`. A ratio of nothing is 0, as in scikit-learn: a class
 * without support pulls the macro average down, a report without any of the 5 classes the example average.
 * The labels come from rules: name them beside the number, they are not CheXbert's.
 */
export function clinicalF1({
  uncertain = 'negative',
  labeler = labelReport,
}: ClinicalF1Options = {}): StreamingScorer {
  const suffix = uncertain === 'positive' ? '+uncertain' : '';
  return streaming({
    id: `clinical-f1${suffix}`,
    direction: 'higher',
    range: [0, 1],
    accumulate() {
      const labelsOf = remember(labeler);
      const byClass = CHEXPERT_14.map(noAgreement);
      const sets = [CHEXPERT_14, CHEXPERT_5].map((classes) => ({
        name: `${classes.length}${suffix}`,
        classes,
        byClass: classes.map((name) => byClass[CHEXPERT_14.indexOf(name)]!),
        /** Sums over reports. */
        example: { precision: 0, recall: 0, f1: 0 },
      }));
      let count = 0;
      return {
        update({ reference, hypothesis }) {
          const truth = positives(labelsOf(reference), CHEXPERT_14, uncertain);
          const predicted = positives(labelsOf(hypothesis), CHEXPERT_14, uncertain);
          byClass.forEach((counts, c) => {
            addAgreement(counts, countAgreement([truth[c]!], [predicted[c]!]));
          });
          count++;
          const scores: Scores = {};
          for (const { name, classes, example } of sets) {
            const pick = (row: readonly boolean[]) =>
              classes.map((label) => row[CHEXPERT_14.indexOf(label)]!);
            const value = precisionRecallF1(countAgreement(pick(truth), pick(predicted)));
            for (const key of ['precision', 'recall', 'f1'] as const) example[key] += value[key];
            put(scores, 'example', name, value);
          }
          return scores;
        },
        compute() {
          const corpus: Scores = {};
          for (const set of sets) {
            const { precision, recall, f1 } = set.example;
            const n = Math.max(1, count);
            put(
              corpus,
              'micro',
              set.name,
              precisionRecallF1(set.byClass.reduce(addAgreement, noAgreement())),
            );
            put(corpus, 'macro', set.name, average(set.byClass.map(precisionRecallF1)));
            put(corpus, 'example', set.name, { precision: precision / n, recall: recall / n, f1: f1 / n });
            if (set.classes === CHEXPERT_14) putClasses(corpus, byClass, suffix);
          }
          return corpus;
        },
      };
    },
  });
}

function putClasses(corpus: Scores, byClass: readonly Agreement[], suffix: string): void {
  CHEXPERT_14.forEach((name, c) => {
    const counts = byClass[c]!;
    for (const [key, value] of Object.entries(precisionRecallF1(counts))) {
      corpus[`clinical/class/${key}/${name}${suffix}`] = value;
    }
    corpus[`clinical/support/${name}${suffix}`] = counts.truePositives + counts.falseNegatives;
    corpus[`clinical/predicted/${name}${suffix}`] = counts.truePositives + counts.falsePositives;
  });
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

type Prf = ReturnType<typeof precisionRecallF1>;

function put(scores: Scores, over: string, set: string, { precision, recall, f1 }: Prf): void {
  scores[`clinical/${over}/precision/${set}`] = precision;
  scores[`clinical/${over}/recall/${set}`] = recall;
  scores[`clinical/${over}/f1/${set}`] = f1;
}

const noAgreement = (): Agreement => ({ truePositives: 0, falsePositives: 0, falseNegatives: 0 });

function addAgreement(total: Agreement, more: Agreement): Agreement {
  total.truePositives += more.truePositives;
  total.falsePositives += more.falsePositives;
  total.falseNegatives += more.falseNegatives;
  return total;
}

const average = (all: readonly Prf[]): Prf => ({
  precision: mean(all.map(({ precision }) => precision)),
  recall: mean(all.map(({ recall }) => recall)),
  f1: mean(all.map(({ f1 }) => f1)),
});
