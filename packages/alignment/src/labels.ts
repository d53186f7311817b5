import { isFilled, largestCount, type SentenceRule, type Span } from './sentences';

/** Weights `[b, s, r]` that turn cosines into the means of the local loss. */
export interface PairWeights {
  /** 1 / their number at labelled pairs of a sentence and a region, else 0. */
  readonly positive: Float32Array;
  /** The same for the other pairs of existing sentences. */
  readonly negative: Float32Array;
  /** `[b]`: 1 for reports that take part, else 0. */
  readonly used: Float32Array;
  readonly shape: readonly [number, number, number];
}

/**
 * Which pairs attract and which repel. A report without labelled or without other pairs takes no part; by the
 * `published` rule neither does one with an empty sentence.
 *
 * @param labels per report, per sentence: regions it speaks of; missing sentences speak of none
 * @param r number of regions
 * @throws RangeError for a region outside [0, r)
 */
export function pairWeights(
  spans: readonly (readonly Span[])[],
  labels: readonly (readonly (readonly number[])[])[],
  r: number,
  rule: SentenceRule,
): PairWeights {
  const [b, s] = [spans.length, largestCount(spans)];
  const positive = new Float32Array(b * s * r);
  const negative = new Float32Array(b * s * r);
  const used = new Float32Array(b);
  spans.forEach((sentences, i) => {
    const labelled = new Set<number>();
    const counted = (j: number): boolean => rule === 'published' || isFilled(sentences[j]);
    sentences.forEach((_, j) => {
      if (!counted(j)) return;
      for (const region of labels[i][j] ?? []) {
        if (!Number.isInteger(region) || region < 0 || region >= r) {
          throw new RangeError(
            `alignment: regions must be in [0, ${r}), got ${region} (study ${i}, sentence ${j})`,
          );
        }
        labelled.add((i * s + j) * r + region);
      }
    });
    const rows = sentences.map((_, j) => j).filter(counted);
    const others = rows.length * r - labelled.size;
    const skipped = rule === 'published' && !sentences.every(isFilled);
    if (skipped || labelled.size === 0 || others === 0) return;
    used[i] = 1;
    for (const j of rows) negative.fill(1 / others, (i * s + j) * r, (i * s + j + 1) * r);
    for (const pair of labelled) {
      negative[pair] = 0;
      positive[pair] = 1 / labelled.size;
    }
  });
  return { positive, negative, used, shape: [b, s, r] };
}
