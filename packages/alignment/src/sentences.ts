import type { TokenBatch } from '@raca/core';

/** Tokens `[from, to)` of one sentence; empty when both are equal. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Which tokens belong to a sentence. */
export type SentenceRule = 'raca' | 'published';

/**
 * Sentences of one report: the tokens between separators ("."), which belong to none.
 *
 * - `published`: the first sentence begins at position 0 (the beginning token); an empty sentence between two
 *   separators counts; what follows the last separator counts only where the last position is not padding.
 * - `raca`: words only; empty sentences keep their place, so that labels by number fit, but no loss counts them; a
 *   last sentence without separator counts.
 *
 * @param ids one row, 0 = beginning = end = padding
 */
export function sentenceSpans(ids: Int32Array, separator: number, rule: SentenceRule): Span[] {
  const published = rule === 'published';
  const spans: Span[] = [];
  const start = published ? 0 : 1;
  const end = published || ids[ids.length - 1] !== 0 ? ids.length : afterLastWord(ids);
  let from = start;
  for (let i = start; i < end; i++) {
    if (ids[i] !== separator) continue;
    spans.push({ from, to: i });
    from = i + 1;
  }
  const lastCounts = published ? ids[ids.length - 1] !== 0 : true;
  if (from < end && lastCounts) spans.push({ from, to: end });
  return spans;
}

export const isFilled = ({ from, to }: Span): boolean => to > from;

/** The sentences of every row of a batch. */
export function batchSpans(tokens: TokenBatch, separator: number, rule: SentenceRule): Span[][] {
  const [b, t] = tokens.shape;
  return Array.from({ length: b }, (_, i) =>
    sentenceSpans(tokens.ids.subarray(i * t, (i + 1) * t), separator, rule),
  );
}

/** A matrix `[b, s, t]` whose product with tokens `[b, t, d]` is the mean of each sentence; rows of no tokens are 0. */
export function averagingMatrix(
  spans: readonly (readonly Span[])[],
  t: number,
  s = largestCount(spans),
): Float32Array {
  const matrix = new Float32Array(spans.length * s * t);
  spans.forEach((sentences, i) => {
    sentences.forEach(({ from, to }, j) => {
      const row = (i * s + j) * t;
      matrix.fill(1 / (to - from), row + from, row + to);
    });
  });
  return matrix;
}

/** s: the largest number of sentences in a report. */
export const largestCount = (spans: readonly (readonly Span[])[]): number =>
  spans.reduce((most, { length }) => Math.max(most, length), 0);

/** One past the last id that is not 0. */
function afterLastWord(ids: Int32Array): number {
  let end = ids.length;
  while (end > 0 && ids[end - 1] === 0) end--;
  return end;
}
