import { meanMetric } from '../measure';
import type { PairMetric, ReportPair } from '../types';

/** What a finding means for the patient, and how much it weighs. */
export const SIGNIFICANCE = {
  urgent: 1,
  actionable_not_urgent: 0.5,
  not_actionable_not_urgent: 0.25,
  benign_expected: 0,
} as const;

export type Significance = keyof typeof SIGNIFICANCE;

export interface JudgedFinding {
  /** By which the other lists name it. */
  readonly id: string;
  readonly finding: string;
  readonly clinical_significance: Significance;
}

/** What a judge of CRIMSON says of one pair of reports, in the form of its published program. */
export interface CrimsonTable {
  readonly reference_findings: readonly JudgedFinding[];
  readonly predicted_findings: readonly JudgedFinding[];
  readonly matched_findings: readonly { readonly ref_id: string; readonly pred_id: string }[];
  readonly errors: {
    /** Ids of predicted findings that the reference does not have. */
    readonly false_findings: readonly string[];
    /** Ids of reference findings that are not predicted. */
    readonly missing_findings: readonly string[];
    readonly attribute_errors: readonly {
      readonly ref_id: string;
      readonly pred_id: string;
      readonly severity: 'significant' | 'negligible';
      readonly error_types: readonly string[];
    }[];
  };
}

/** Of a significant error in an attribute. */
const ATTRIBUTE_ERROR = 0.5;

/**
 * CRIMSON's arithmetic: weighted matches less weighted false findings, over all reference findings, bent to −1 below zero.
 * Ids that stand in no list weigh nothing, a finding matched twice counts once.
 * @returns the score, -1 (exclusive) to 1, and the sums behind it
 * @see Baharoon et al., CRIMSON, arXiv:2603.06183
 */
export function crimsonScore({
  reference_findings,
  predicted_findings,
  matched_findings,
  errors,
}: CrimsonTable) {
  const ofReference = weightsOf(reference_findings);
  const wrong = sum(errors.false_findings, weightsOf(predicted_findings));
  const missed = sum(errors.missing_findings, ofReference);
  const whole =
    reference_findings.length > 0
      ? sum([...ofReference.keys()], ofReference)
      : matched_findings.length + missed;
  const lapses = new Map<string, number>();
  for (const { ref_id, severity } of errors.attribute_errors) {
    if (severity === 'significant') lapses.set(ref_id, (lapses.get(ref_id) ?? 0) + ATTRIBUTE_ERROR);
  }
  let correct = 0;
  for (const id of new Set(matched_findings.map(({ ref_id }) => ref_id))) {
    const weight = ofReference.get(id) ?? 0;
    if (weight > 0) correct += (weight * weight) / (weight + (lapses.get(id) ?? 0));
  }
  const raw = rawScore(wrong, missed, whole, correct);
  const loss = wrong - correct;
  const crimson = raw >= 0 ? raw : loss > 0 ? -loss / (1 + loss) : 0;
  return { false: wrong, missed, whole, correct, raw, crimson };
}

function rawScore(wrong: number, missed: number, whole: number, correct: number): number {
  if (whole > 0) return (correct - wrong) / whole;
  return wrong === 0 && missed === 0 ? 1 : -(wrong + missed + 1);
}

const weightsOf = (findings: readonly JudgedFinding[]): ReadonlyMap<string, number> =>
  new Map(findings.map(({ id, clinical_significance }) => [id, SIGNIFICANCE[clinical_significance]]));

const sum = (ids: readonly string[], weights: ReadonlyMap<string, number>): number =>
  ids.reduce((total, id) => total + (weights.get(id) ?? 0), 0);

/**
 * {@link crimsonScore} of tables that are there already, mean over reports.
 * @param tableOf what the judge said of a pair
 * @param key `crimson` for the published judge's tables; another judge is another number and needs another key
 */
export const crimson = (tableOf: (pair: ReportPair) => CrimsonTable, key = 'crimson'): PairMetric =>
  meanMetric({ name: key, keys: [key], direction: 'higher', range: [-1, 1] }, (pair) => [
    crimsonScore(tableOf(pair)).crimson,
  ]);
