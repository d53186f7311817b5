import { FINDING_STATES, type FindingLabels, type FindingScores } from '@raca/core';
import { readableSentences, readableSpans } from '@raca/data';
import { thresholdsFor } from '@raca/findings';
import { atTemperature, fitPlatt, fitTemperature, plattProbability } from '@raca/metrics';
import { z } from 'zod';
import { saysFinding, sentencesRight } from './compare-findings';

const finite = z.number();

/** What validation says of a model's probabilities; stored with its weights. */
export const calibrationSchema = z.strictObject({
  /** Of the finding head; null without one. */
  findings: z
    .strictObject({
      /** Divides logits of P(positive), one for all findings (temperature scaling). */
      temperature: finite.positive(),
      /** By name: the probability, before calibration, from which on a finding is taken as positive. */
      thresholds: z.record(z.string(), finite),
    })
    .nullable(),
  /** From a sentence's mean ln p of a word to the probability that its labels are right (Platt); null without sentences. */
  sentences: z.strictObject({ slope: finite, intercept: finite }).nullable(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** A sentence that a model wrote. */
export interface SentenceProbability {
  /** Geometric mean of the probabilities of its words, its stop included. */
  readonly word: number;
  /**
   * Probability that its labels are right: that what it affirms is there and what it denies is not, by the rule labeler. Null
   * without calibration, and for a sentence that says neither of any class.
   */
  readonly right: number | null;
}

/** A finding as the finding head sees it. */
export interface FindingProbability {
  readonly finding: string;
  /** That it is positive; calibrated where the run is. */
  readonly probability: number;
}

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
    findings: findings && {
      temperature: fitTemperature(
        positiveProbabilities(findings.probabilities),
        positiveTruth(findings.labels, names),
      ),
      thresholds: Object.fromEntries(
        [...thresholdsFor(findings.probabilities, findings.labels, names)].map((x, c) => [names[c], x]),
      ),
    },
    sentences: fitPlatt(
      told.map(({ score }) => score),
      told.map(({ right }) => right === true),
    ),
  };
}

/** P(positive) after calibration; the same where there is none. */
export const calibratedFinding = (probability: number, calibration: Calibration | null): number =>
  calibration?.findings ? atTemperature(probability, calibration.findings.temperature) : probability;

/** Probability that a sentence's labels are right; null where it has none, and without calibration. */
export const sentenceRight = (score: number, calibration: Calibration | null): number | null =>
  calibration?.sentences ? plattProbability(calibration.sentences, score) : null;

/** Every sentence of a report, {@link readableSentences}, with its probabilities. @param words ln p of each word */
export function sentenceProbabilities(
  report: string,
  words: ArrayLike<number>,
  calibration: Calibration | null,
): SentenceProbability[] {
  const sentences = readableSentences(report);
  return sentenceScores(report, words).map((score, i) => ({
    word: Math.exp(score),
    right: saysFinding(sentences[i]) ? sentenceRight(score, calibration) : null,
  }));
}
