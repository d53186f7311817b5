import type { TokenBatch } from '@raca/core';
import type { SentenceSpan } from '../../sentence-spans';

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
