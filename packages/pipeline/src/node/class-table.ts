import { CHEXPERT_14 } from '@raca/metrics';
import type { ScoreTable } from '../report-page';
import type { Evaluation } from './evaluate';
import type { CalibrationError } from './head-scores';

/** Scores of the 14 classes on whole references: what the model's reports say and, beside it, what its finding head finds. */
export function classTable({ systems: [model], head }: Pick<Evaluation, 'systems' | 'head'>): ScoreTable {
  const { corpus } = model.protocols.full;
  const own = new Map(head?.classes.map((one) => [one.finding, one]));
  const ratios = (key: string, precision: number, recall: number, f1: number) => ({
    [`${key}precision`]: precision,
    [`${key}recall`]: recall,
    [`${key}f1`]: f1,
  });
  const averages = (['micro', 'macro'] as const).map((average) => {
    const of = (ratio: string): number => corpus[`clinical/${average}/${ratio}/14`];
    const found = head?.[average];
    return {
      system: average === 'micro' ? 'all (micro)' : 'mean (macro)',
      scores: {
        ...ratios('', of('precision'), of('recall'), of('f1')),
        ...(found && ratios('head/', found.precision, found.recall, found.f1)),
        ...(average === 'macro' && typeof head?.auc === 'number' && { 'head/auc': head.auc }),
      },
    };
  });
  const classes = CHEXPERT_14.map((name) => {
    const of = (ratio: string): number => corpus[`clinical/class/${ratio}/${name}`];
    const found = own.get(name);
    return {
      system: name,
      scores: {
        support: corpus[`clinical/support/${name}`],
        predicted: corpus[`clinical/predicted/${name}`],
        ...ratios('', of('precision'), of('recall'), of('f1')),
        ...(found && ratios('head/', found.precision, found.recall, found.f1)),
        ...(typeof found?.auc === 'number' && { 'head/auc': found.auc }),
      },
    };
  });
  const higher = (key: string, label: string) => ({ key, label, direction: 'higher' as const });
  const count = (key: string, label: string) => ({
    key,
    label,
    direction: '' as const,
    whole: true as const,
  });
  return {
    title: `by class: the reports${head ? ', and the finding head by itself' : ''}${thresholdsOf(head)}`,
    columns: [
      count('support', 'support'),
      count('predicted', 'written'),
      higher('precision', 'precision'),
      higher('recall', 'recall'),
      higher('f1', 'F1'),
      ...(head
        ? [
            higher('head/precision', 'head: precision'),
            higher('head/recall', 'head: recall'),
            higher('head/f1', 'head: F1'),
            higher('head/auc', 'head: AUC'),
          ]
        : []),
    ],
    rows: [...averages, ...classes],
  };
}

function thresholdsOf(head: Evaluation['head']): string {
  if (!head) return '';
  return head.thresholds === 'validation' ? ' (thresholds from validation)' : ' (from probability 0.5 on)';
}

/** A line each about the calibration of findings and of sentences, where there are any. */
export function calibrationLines({ calibration }: Pick<Evaluation, 'calibration'>): string[] {
  const line = (of: string, error: CalibrationError | null): string[] => {
    if (!error) return [];
    const { count, before, after } = error;
    const change =
      after === null
        ? `${before.toFixed(3)}, uncalibrated: the run holds no calibration`
        : `${before.toFixed(3)} before calibration on validation, ${after.toFixed(3)} after`;
    return [`expected calibration error of ${count} ${of}: ${change}`];
  };
  return [...line('findings', calibration.findings), ...line('sentences', calibration.sentences)];
}

/** What to know where validation fed training. */
export const validationFeedsLine = (fed: readonly string[]): string =>
  `validation fed training: ${fed.join(', ')}`;
