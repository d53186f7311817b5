import { isFilled, largestCount, type Span } from '../sentences';

/** Rows of `[b·s]` sentences, one triplet a place: the anchor belongs to the positive, not to the negative. */
export interface Triplets {
  readonly anchors: Int32Array;
  readonly positives: Int32Array;
  readonly negatives: Int32Array;
}

/**
 * One triplet for each sentence that has both a sentence of the batch which speaks of exactly the same regions
 * and one which shares none of its regions.
 *
 * @param labels per report, per sentence: regions it speaks of; sentences without are in no triplet
 * @param choose index in [0, n) among n candidates, which are in the order of the batch
 */
export function sentenceTriplets(
  spans: readonly (readonly Span[])[],
  labels: readonly (readonly (readonly number[])[])[],
  choose: (n: number) => number,
): Triplets {
  const s = largestCount(spans);
  const labelled = spans.flatMap((sentences, i) =>
    sentences.flatMap((span, j) => {
      const regions = new Set(labels[i][j] ?? []);
      return regions.size > 0 && isFilled(span) ? [{ row: i * s + j, regions }] : [];
    }),
  );
  const chosen = labelled.flatMap((anchor) => {
    const others = labelled.filter(({ row }) => row !== anchor.row);
    const same = others.filter(({ regions }) => isSame(anchor.regions, regions));
    const apart = others.filter(({ regions }) => isDisjoint(anchor.regions, regions));
    if (same.length === 0 || apart.length === 0) return [];
    return [[anchor.row, same[choose(same.length)].row, apart[choose(apart.length)].row]];
  });
  const column = (k: number): Int32Array => Int32Array.from(chosen, (rows) => rows[k]);
  return { anchors: column(0), positives: column(1), negatives: column(2) };
}

const isDisjoint = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
  [...a].every((x) => !b.has(x));

const isSame = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
  a.size === b.size && [...a].every((x) => b.has(x));
