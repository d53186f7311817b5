import type { TokenBatch } from '@raca/core';

/** Tokens `[from, to)` of one sentence, its "." included where it has one. */
export interface SentenceSpan {
  readonly from: number;
  readonly to: number;
}

/** Sentences of one row of ids: what lies between "." tokens, from position 1 on; empty ones keep their place. */
export function sentencesOf(row: Int32Array, separator: number): SentenceSpan[] {
  const spans: SentenceSpan[] = [];
  let from = 1;
  let end = row.length;
  while (end > 1 && row[end - 1] === 0) end--;
  for (let i = 1; i < end; i++) {
    if (row[i] !== separator) continue;
    spans.push({ from, to: i + 1 });
    from = i + 1;
  }
  if (from < end) spans.push({ from, to: end });
  return spans;
}

/**
 * ln p of one sentence given all before it.
 *
 * @param logits of row `i`: `[b, t − 1, V]`, position j predicts token j + 1
 */
export function sentenceLogProbability(
  logits: Float32Array,
  vocabulary: number,
  { ids, shape: [, t] }: TokenBatch,
  i: number,
  { from, to }: SentenceSpan,
): number {
  let sum = 0;
  for (let j = from; j < to; j++) {
    const at = (i * (t - 1) + j - 1) * vocabulary;
    const row = logits.subarray(at, at + vocabulary);
    let most = Number.NEGATIVE_INFINITY;
    for (const x of row) most = Math.max(most, x);
    let total = 0;
    for (const x of row) total += Math.exp(x - most);
    sum += row[ids[i * t + j]] - most - Math.log(total);
  }
  return sum;
}
