import { REGIONS } from '@raca/core/regions';
import type { RegionTruth } from '@raca/data';
import type { StudyBatch } from '@raca/data/node';
import type { ChexpertClass } from '@raca/metrics';
import { positiveClasses } from '../../positive-classes';
import { type SentenceSpan, sentencesOf } from '../../sentence-spans';
import { covered } from './overlap';

/** A sentence that reports something, and the patches of its regions in every view. */
export interface Finding {
  readonly span: SentenceSpan;
  /** `[v · rows · cols]`, each 0 or 1 */
  readonly patches: Uint8Array;
  /** CheXpert classes that the rule labeler finds positive in it; at least one. */
  readonly classes: readonly ChexpertClass[];
}

/** Per study of a batch, sentences that the rule labeler finds positive and whose regions are seen. */
export function positiveFindings(
  { ids, tokens, tokensShape: [, t], sentenceRegions }: StudyBatch,
  separator: number,
  { studies, rows, cols }: RegionTruth,
  decode: (ids: ArrayLike<number>) => string,
): Finding[][] {
  return ids.map((id, i) => {
    const row = tokens.subarray(i * t, (i + 1) * t);
    const views = studies[id] ?? [];
    return sentencesOf(row, separator).flatMap((span, j): Finding[] => {
      const regions = sentenceRegions[i][j] ?? [];
      if (regions.length === 0) return [];
      const classes = positiveClasses(decode(row.subarray(span.from, span.to)));
      if (classes.length === 0) return [];
      const patches = new Uint8Array(views.length * rows * cols);
      views.forEach((view, v) => {
        for (const r of regions) {
          covered(view[REGIONS[r]] ?? []).forEach((inside, k) => {
            if (inside) patches[v * rows * cols + k] = 1;
          });
        }
      });
      return patches.includes(1) ? [{ span, patches, classes }] : [];
    });
  });
}
