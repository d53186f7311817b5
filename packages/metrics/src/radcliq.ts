import { sentenceBleu } from './bleu';

/** Parts of RadCliQ for one report. */
export interface RadCliqParts {
  /** Sentence BLEU-2 of lower-cased text with a space before each full stop; see {@link radCliqBleu}. */
  readonly bleu: number;
  /** BERTScore F1, rescaled. */
  readonly bertscore: number;
  /** Cosine of CheXbert embeddings. */
  readonly semb: number;
  /** Mean of RadGraph entity and relation F1. */
  readonly radgraph: number;
}

// Least squares on published per-report scores (GitHub gssriram/MoERad), largest residual 1e-7.
const COEFFICIENTS = {
  v0: {
    intercept: 5.51616081,
    bleu: 0.71394186,
    bertscore: -3.00983019,
    semb: -1.8733717,
    radgraph: -1.5890342,
  },
  v1: { intercept: 2.45014309, bleu: 0, bertscore: -1.65084536, semb: -0.9947717, radgraph: -1.24521631 },
} as const;

/**
 * RadCliQ of one report from given parts: lower is better; leaderboards print the inverse of the mean.
 * Feed it the model-based parts; stand-ins by rules give another number, which needs another name.
 * @see Yu et al., Evaluating progress in automatic chest X-ray radiology report generation, Patterns 2023
 */
export function radCliq(parts: RadCliqParts, version: 'v0' | 'v1' = 'v1'): number {
  const c = COEFFICIENTS[version];
  return (
    c.intercept +
    c.bleu * parts.bleu +
    c.bertscore * parts.bertscore +
    c.semb * parts.semb +
    c.radgraph * parts.radgraph
  );
}

/** The BLEU part as the published suite computes it: order 2, smoothing method 1. */
export const radCliqBleu = (reference: string, hypothesis: string): number =>
  sentenceBleu(prepare(reference), prepare(hypothesis), 2);

const prepare = (text: string): string => text.toLowerCase().replaceAll('.', ' .');
