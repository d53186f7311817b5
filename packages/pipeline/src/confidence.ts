import { readableSentences } from '@raca/data';
import { z } from 'zod';
import { type Calibration, calibratedFinding, sentenceRight, sentenceScores } from './calibration';
import { saysFinding } from './compare-findings';

const probability = z.number().min(0).max(1);

/** How sure a model is of what it wrote. */
export const confidenceSchema = z.object({
  /**
   * Of each sentence: `word`, the geometric mean of the probabilities of its words; `right`, the probability that its labels are
   * right: that what it affirms is there and what it denies is not, by the rule labeler. Null where the run is not calibrated,
   * and for a sentence that affirms and denies no class.
   */
  sentences: z.array(z.object({ word: probability, right: probability.nullable() })),
  /** That each finding is positive, as the finding head sees it; null without a head. */
  findings: z.array(z.object({ finding: z.string(), probability })).nullable(),
  /** Whether the run's validation fitted what stands here; else they are the model's own numbers. */
  calibrated: z.object({ sentences: z.boolean(), findings: z.boolean() }),
});
export type Confidence = z.infer<typeof confidenceSchema>;

/** What {@link confidenceOf} reads. */
export interface ModelOpinion {
  readonly report: string;
  /** ln p of each word of the report. */
  readonly words: ArrayLike<number>;
  /** Names of the head's findings and P(positive) of each; null without a head. */
  readonly findings: { readonly names: readonly string[]; readonly positive: ArrayLike<number> } | null;
}

/** The confidence in a report; sentences are its `readableSentences`. */
export function confidenceOf(
  { report, words, findings }: ModelOpinion,
  calibration: Calibration | null,
): Confidence {
  const sentences = readableSentences(report);
  return {
    sentences: sentenceScores(report, words).map((score, i) => ({
      word: Math.exp(Math.min(score, 0)),
      right: saysFinding(sentences[i]) ? sentenceRight(score, calibration) : null,
    })),
    findings:
      findings?.names.map((finding, c) => ({
        finding,
        probability: calibratedFinding(finding, findings.positive[c], calibration),
      })) ?? null,
    calibrated: {
      sentences: Boolean(calibration?.sentences),
      findings: Boolean(calibration?.findings),
    },
  };
}
