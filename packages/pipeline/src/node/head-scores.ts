import {
  type Agreement,
  auc,
  countAgreement,
  expectedCalibrationError,
  precisionRecallF1,
} from '@raca/metrics';
import { type Calibration, calibratedFinding, positiveTruth, sentenceRight } from '../calibration';
import { reportLabels } from '../finding-labels';
import type { EvaluatedStudy } from './evaluate';

/** Precision, recall and F1. */
export type Ratios = ReturnType<typeof precisionRecallF1>;

/** One finding as the finding head sees it. */
export interface HeadClass extends Ratios {
  readonly finding: string;
  /** Studies whose reference has it. */
  readonly support: number;
  /** Area under the ROC curve of its probability; null where all studies or none have it. */
  readonly auc: number | null;
  /** From which probability on, before calibration, it is taken as positive. */
  readonly threshold: number;
}

/** What a finding head finds by itself, against the labels of the references. */
export interface HeadScores {
  /** Whether thresholds come from validation; else they are 0.5. */
  readonly thresholds: 'validation' | 'half';
  /** All decisions at once. */
  readonly micro: Ratios;
  /** Mean over the findings. */
  readonly macro: Ratios;
  /** Mean AUC over the findings that have one; null where none has. */
  readonly auc: number | null;
  readonly classes: readonly HeadClass[];
}

/** Expected calibration error before and after calibration, 15 bins; `after` is null where the run has no calibration. */
export interface CalibrationError {
  /** Decisions or sentences. */
  readonly count: number;
  readonly before: number;
  readonly after: number | null;
}

/** How far probabilities are from what happens. */
export interface CalibrationErrors {
  /** P(positive) of all findings together; null without a finding head. */
  readonly findings: CalibrationError | null;
  /**
   * That what a sentence affirms and denies is right; before calibration the geometric mean of its words' probabilities. Null
   * where no sentence affirms or denies a class.
   */
  readonly sentences: CalibrationError | null;
}

type Judged = Pick<EvaluatedStudy, 'report' | 'positive' | 'sentences'>;

/** Scores of the head. @param names of its findings */
export function headScores(
  studies: readonly Judged[],
  names: readonly string[],
  calibration: Calibration | null,
): HeadScores {
  const truth = truthOf(studies, names);
  const stored = calibration?.findings;
  const counts: Agreement[] = [];
  const classes = names.map((finding, c): HeadClass => {
    const column = studies.map((_, i) => truth[i * names.length + c]);
    const positive = studies.map((study) => study.positive![c]);
    const threshold = stored?.[finding]?.threshold ?? 0.5;
    const found = countAgreement(
      column,
      positive.map((p) => p >= threshold),
    );
    counts.push(found);
    return {
      finding,
      support: column.filter(Boolean).length,
      ...precisionRecallF1(found),
      auc: auc(positive, column),
      threshold,
    };
  });
  const known = classes.flatMap((one) => one.auc ?? []);
  return {
    thresholds: stored ? 'validation' : 'half',
    micro: precisionRecallF1(total(counts)),
    macro: {
      precision: mean(classes.map(({ precision }) => precision)),
      recall: mean(classes.map(({ recall }) => recall)),
      f1: mean(classes.map(({ f1 }) => f1)),
    },
    auc: known.length > 0 ? mean(known) : null,
    classes,
  };
}

/** Errors of findings and sentences. @param names of the head's findings; empty without a head */
export function calibrationErrors(
  studies: readonly Judged[],
  names: readonly string[],
  calibration: Calibration | null,
): CalibrationErrors {
  const positive = names.length === 0 ? [] : studies.flatMap((study) => [...(study.positive ?? [])]);
  const told = studies.flatMap(({ sentences }) => sentences).filter(({ right }) => right !== null);
  const right = told.map((sentence) => sentence.right === true);
  const truth = positive.length > 0 ? truthOf(studies, names) : [];
  return {
    findings:
      positive.length === 0
        ? null
        : {
            count: positive.length,
            before: expectedCalibrationError(positive, truth),
            after: calibration?.findings
              ? expectedCalibrationError(
                  positive.map((p, i) => calibratedFinding(names[i % names.length], p, calibration)),
                  truth,
                )
              : null,
          },
    sentences:
      told.length === 0
        ? null
        : {
            count: told.length,
            before: expectedCalibrationError(
              told.map(({ score }) => Math.exp(Math.min(score, 0))),
              right,
            ),
            after: calibration?.sentences
              ? expectedCalibrationError(
                  told.map(({ score }) => sentenceRight(score, calibration)!),
                  right,
                )
              : null,
          },
  };
}

const truthOf = (studies: readonly Judged[], names: readonly string[]): boolean[] =>
  positiveTruth(reportLabels(studies.map(({ report }) => report)), names);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);

const total = (counts: readonly Agreement[]): Agreement =>
  counts.reduce(
    (sum, one) => ({
      truePositives: sum.truePositives + one.truePositives,
      falsePositives: sum.falsePositives + one.falsePositives,
      falseNegatives: sum.falseNegatives + one.falseNegatives,
    }),
    { truePositives: 0, falsePositives: 0, falseNegatives: 0 },
  );
