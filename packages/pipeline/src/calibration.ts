import { FINDING_STATES, type FindingLabels, type FindingScores } from '@raca/core';
import { readableSentences, readableSpans } from '@raca/data';
import { thresholdsFor } from '@raca/findings';
import { fitPlatt, logit, plattProbability } from '@raca/metrics';
import { z } from 'zod';
import { sentencesRight } from './compare-findings';

const finite = z.number();

const platt = { slope: finite.nonnegative(), intercept: finite };

/** What validation says of a model's probabilities; stored with its weights. */
export const calibrationSchema = z.strictObject({
  /**
   * By finding of the finding head, Platt scaling of the log-odds of P(positive), and the probability, before that, from which on the
   * finding is taken as positive; null without a head.
   */
  findings: z.record(z.string(), z.strictObject({ ...platt, threshold: finite })).nullable(),
  /** From a sentence's mean ln p of a word to the probability that its labels are right (Platt scaling); null without sentences. */
  sentences: z.strictObject(platt).nullable(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** What a written sentence says, for calibration: a score, and whether its labels are right (null: it has none). */
export interface JudgedSentence {
  /** Mean ln p of a word. */
  readonly score: number;
  readonly right: boolean | null;
}

/** Place of `positive` among the states. */
const POSITIVE = FINDING_STATES.indexOf('positive');

/** P(positive) of each finding, `[n, c]`. @param states `[n, c, s]` */
export function positiveProbabilities(states: Float32Array): Float32Array {
  const s = FINDING_STATES.length;
  return Float32Array.from({ length: states.length / s }, (_, i) => states[i * s + POSITIVE]);
}

/** Whether each finding is positive, by name, `[n, c]`. */
export function positiveTruth({ names, states }: FindingLabels, findings: readonly string[]): boolean[] {
  const places = findings.map((name) => names.indexOf(name));
  const n = states.length / names.length;
  return Array.from({ length: n }, (_, i) => i).flatMap((i) =>
    places.map((place) => states[i * names.length + place] === POSITIVE),
  );
}

/**
 * Mean ln p of a word for each of a report's sentences for people.
 * @param words ln p of each word of the report
 */
export const sentenceScores = (report: string, words: ArrayLike<number>): number[] =>
  readableSpans(report).map(({ from, to }) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += words[i];
    return sum / (to - from);
  });

/** Each sentence of a report with its score, and whether its labels are those of the reference. */
export function judgedSentences(
  report: string,
  words: ArrayLike<number>,
  reference: string,
): JudgedSentence[] {
  const right = sentencesRight(readableSentences(report), readableSentences(reference));
  return sentenceScores(report, words).map((score, i) => ({ score, right: right[i] }));
}

/**
 * Fits both calibrations.
 * @param findings what the finding head says of validation; null without a head
 * @param names of the head's findings
 * @param sentences that were written for validation
 */
export function fitCalibration(
  findings: FindingScores | null,
  names: readonly string[],
  sentences: readonly JudgedSentence[],
): Calibration {
  const told = sentences.filter(({ right }) => right !== null);
  return {
    findings: findings && calibrateFindings(findings, names),
    sentences: fitPlatt(
      told.map(({ score }) => score),
      told.map(({ right }) => right === true),
    ),
  };
}

function calibrateFindings(
  { probabilities, labels }: FindingScores,
  names: readonly string[],
): NonNullable<Calibration['findings']> {
  const positive = positiveProbabilities(probabilities);
  const truth = positiveTruth(labels, names);
  const thresholds = thresholdsFor(probabilities, labels, names);
  return Object.fromEntries(
    names.map((name, c) => {
      const own = (i: number): boolean => i % names.length === c;
      const fit = fitPlatt(
        [...positive].filter((_, i) => own(i)).map(logit),
        truth.filter((_, i) => own(i)),
      );
      return [name, { ...(fit ?? UNCHANGED), threshold: thresholds[c] }];
    }),
  );
}

/** σ(logit(p)) = p */
const UNCHANGED = { slope: 1, intercept: 0 };

/** P(positive) of a finding after calibration; the same where there is none. */
export function calibratedFinding(
  finding: string,
  probability: number,
  calibration: Calibration | null,
): number {
  const own = calibration?.findings?.[finding];
  return own ? plattProbability(own, logit(probability)) : probability;
}

/** Probability that a sentence's labels are right; null where it has none, and without calibration. */
export const sentenceRight = (score: number, calibration: Calibration | null): number | null =>
  calibration?.sentences ? plattProbability(calibration.sentences, score) : null;
