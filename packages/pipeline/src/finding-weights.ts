import type { TokenBatch } from '@raca/core';
import { positiveClasses } from './positive-classes';
import { sentencesOf } from './sentence-spans';

/** Which tokens belong to sentences that report a finding, by the rule labeler; each sentence is read once. */
export class FindingWeights {
  private readonly known = new Map<string, boolean>();

  /** @param separator id of the "." token */
  constructor(
    private readonly separator: number,
    private readonly decode: (ids: ArrayLike<number>) => string,
  ) {}

  /** `[b, t]`: `weight` at tokens of sentences with a positive class, 1 elsewhere. */
  weights({ ids, shape: [b, t] }: TokenBatch, weight: number): Float32Array {
    const weights = new Float32Array(b * t).fill(1);
    for (let i = 0; i < b; i++) {
      const row = ids.subarray(i * t, (i + 1) * t);
      for (const { from, to } of sentencesOf(row, this.separator)) {
        if (this.isPositive(row.subarray(from, to))) weights.fill(weight, i * t + from, i * t + to);
      }
    }
    return weights;
  }

  private isPositive(sentence: Int32Array): boolean {
    const key = sentence.join(' ');
    let found = this.known.get(key);
    if (found === undefined) {
      found = positiveClasses(this.decode(sentence)).length > 0;
      this.known.set(key, found);
    }
    return found;
  }
}
