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

/** Where a study's regions are, by the slots in which a model sees its pictures; nowhere in empty ones. */
export type TruthOfSlots = RegionTruth['studies'][string];

/** The truth of a batch's studies; nothing for a study that has none. */
export const truthOfSlots = (
  { ids, pictures }: Pick<StudyBatch, 'ids' | 'pictures'>,
  { studies }: RegionTruth,
): TruthOfSlots[] =>
  ids.map((id, i) => {
    if (!Object.hasOwn(studies, id)) return [];
    return pictures[i].map((n) => (n === null ? {} : (studies[id][n] ?? {})));
  });

/**
 * Per study of a batch, sentences that the rule labeler finds positive and whose regions are seen.
 * @param names of the regions, `[r]`
 */
export function positiveFindings(
  {
    ids,
    tokens,
    tokensShape: [, t],
    sentenceRegions,
  }: Pick<StudyBatch, 'ids' | 'tokens' | 'tokensShape' | 'sentenceRegions'>,
  separator: number,
  { studies, rows, cols }: Omit<RegionTruth, 'studies'> & { readonly studies: readonly TruthOfSlots[] },
  decode: (ids: ArrayLike<number>) => string,
  names: readonly string[] = REGIONS,
): Finding[][] {
  return ids.map((_, i) => {
    const row = tokens.subarray(i * t, (i + 1) * t);
    const views = studies[i];
    return sentencesOf(row, separator).flatMap((span, j): Finding[] => {
      const regions = sentenceRegions[i][j] ?? [];
      if (regions.length === 0) return [];
      const classes = positiveClasses(decode(row.subarray(span.from, span.to)));
      if (classes.length === 0) return [];
      const patches = new Uint8Array(views.length * rows * cols);
      views.forEach((view, v) => {
        for (const r of regions) {
          covered(view[names[r]] ?? []).forEach((inside, k) => {
            if (inside) patches[v * rows * cols + k] = 1;
          });
        }
      });
      return patches.includes(1) ? [{ span, patches, classes }] : [];
    });
  });
}
