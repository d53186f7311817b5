import { CHEXPERT_5, CHEXPERT_14, type ChexpertClass, type ReportLabels } from './labels/classes';
import { labelReport } from './labels/labeler';
import { mean } from './tokens';
import type { ReportPair, Scorer, Scores } from './types';

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
}: ClinicalF1Options = {}): Scorer {
  const suffix = uncertain === 'positive' ? '+uncertain' : '';
  return {
    id: `clinical-f1${suffix}`,
    direction: 'higher',
    range: [0, 1],
    score(pairs: readonly ReportPair[]) {
      const remembered = new Map<string, ReportLabels>();
      const labelsOf = (text: string) => {
        let labels = remembered.get(text);
        if (!labels) {
          labels = labeler(text);
          remembered.set(text, labels);
        }
        return labels;
      };
      const rows = pairs.map(({ reference, hypothesis }) => ({
        truth: labelsOf(reference),
        predicted: labelsOf(hypothesis),
      }));
      const corpus: Scores = {};
      const perReport: Scores[] = pairs.map(() => ({}));
      for (const classes of [CHEXPERT_14, CHEXPERT_5]) {
        const truth = rows.map((row) => positives(row.truth, classes, uncertain));
        const predicted = rows.map((row) => positives(row.predicted, classes, uncertain));
        const set = `${classes.length}${suffix}`;

        const byReport = truth.map((row, i) => precisionRecallF1(countAgreement(row, predicted[i]!)));
        const byClass = classes.map((_, c) => column(truth, predicted, c));
        put(corpus, 'micro', set, precisionRecallF1(addUp(byClass)));
        put(corpus, 'macro', set, meanOf(byClass.map(precisionRecallF1)));
        put(corpus, 'example', set, meanOf(byReport));
        byReport.forEach((value, i) => {
          put(perReport[i]!, 'example', set, value);
        });
        if (classes !== CHEXPERT_14) continue;
        classes.forEach((name, c) => {
          const counts = byClass[c]!;
          for (const [key, value] of Object.entries(precisionRecallF1(counts))) {
            corpus[`clinical/class/${key}/${name}${suffix}`] = value;
          }
          corpus[`clinical/support/${name}${suffix}`] = counts.truePositives + counts.falseNegatives;
          corpus[`clinical/predicted/${name}${suffix}`] = counts.truePositives + counts.falsePositives;
        });
      }
      return { corpus, perReport };
    },
  };
}

type Prf = ReturnType<typeof precisionRecallF1>;

function put(scores: Scores, average: string, set: string, { precision, recall, f1 }: Prf): void {
  scores[`clinical/${average}/precision/${set}`] = precision;
  scores[`clinical/${average}/recall/${set}`] = recall;
  scores[`clinical/${average}/f1/${set}`] = f1;
}

const column = (truth: boolean[][], predicted: boolean[][], c: number): Agreement =>
  countAgreement(
    truth.map((row) => row[c]!),
    predicted.map((row) => row[c]!),
  );

const addUp = (all: readonly Agreement[]): Agreement =>
  all.reduce((sum, one) => ({
    truePositives: sum.truePositives + one.truePositives,
    falsePositives: sum.falsePositives + one.falsePositives,
    falseNegatives: sum.falseNegatives + one.falseNegatives,
  }));

const meanOf = (all: readonly Prf[]): Prf => ({
  precision: mean(all.map(({ precision }) => precision)),
  recall: mean(all.map(({ recall }) => recall)),
  f1: mean(all.map(({ f1 }) => f1)),
});
