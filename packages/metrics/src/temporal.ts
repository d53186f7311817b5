import { meanMetric } from './measure';
import type { PairMetric } from './types';

/** Words that tell a change since an earlier study, or that there is none (44; Bannur et al., arXiv:2301.04558). */
export const TEMPORAL_WORDS: ReadonlySet<string> = new Set(
  (
    'bigger change cleared constant decrease decreased decreasing elevated elevation enlarged enlargement enlarging ' +
    'expanded greater growing improved improvement improving increase increased increasing larger new persistence ' +
    'persistent persisting progression progressive reduced removal resolution resolved resolving smaller stability ' +
    'stable stably unaltered unchanged unfolded worse worsen worsened worsening'
  ).split(' '),
);

/** Stands in for zero in both ratios, as published. */
const SMALL = 1e-10;

/**
 * The words of {@link TEMPORAL_WORDS} in a text, as the published program cuts it: line breaks, underscores and hyphens part
 * words, other signs vanish, so that "improved/resolved" is one word and not found.
 */
export function temporalWords(text: string): Set<string> {
  const plain = text
    .toLowerCase()
    .replace(/[\n\r_-]/g, ' ')
    .replace(/[^\p{L}\p{N}\s.,:;()]/gu, '');
  return new Set((plain.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => TEMPORAL_WORDS.has(word)));
}

/** F1 of the temporal words of one pair; 1 where neither text has any. */
export function temporalF1Of(reference: string, hypothesis: string): number {
  const wanted = temporalWords(reference);
  const said = temporalWords(hypothesis);
  if (wanted.size === 0) return said.size === 0 ? 1 : SMALL;
  let common = SMALL;
  for (const word of said) if (wanted.has(word)) common++;
  const precision = common / (said.size + SMALL);
  const recall = common / (wanted.size + SMALL);
  return (2 * precision * recall) / (precision + recall + SMALL);
}

/**
 * Temporal F1 (`temporal-f1/words`), mean over reports: do both reports speak of the same progression? The word half alone; the
 * published score also adds words that a named-entity model finds.
 * @see Zhang et al., Libra: Leveraging temporal images for biomedical radiology analysis, arXiv:2411.19378
 */
export const temporalF1 = (): PairMetric =>
  meanMetric(
    { name: 'temporal-f1', keys: ['temporal-f1/words'], direction: 'higher', range: [0, 1] },
    ({ reference, hypothesis }) => [temporalF1Of(reference, hypothesis)],
  );
