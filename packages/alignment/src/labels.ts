import { isFilled, largestCount, type SentenceRule, type Span } from './sentences';

/** Weights `[b, s, r]` that turn cosines into the means of the local loss. */
export interface PairWeights<T = Float32Array> {
  /** 1 / their number at labelled pairs of a sentence and a region, else 0. */
  readonly positive: T;
  /** The same for the other pairs of existing sentences. */
  readonly negative: T;
  /** `[b]`: 1 for reports that take part, else 0. */
  readonly used: T;
  readonly shape: readonly [number, number, number];
}

/**
 * Which pairs attract and which repel. A report without labelled or without other pairs takes no part; by the
 * `published` rule neither does one with an empty sentence.
 *
 * @param labels per report, per sentence: regions it speaks of; missing sentences speak of none
 * @param r number of regions
 * @param s places for sentences, as many as the longest report has, or more
 * @throws RangeError for a region outside [0, r)
 */
export function pairWeights(
  spans: readonly (readonly Span[])[],
  labels: readonly (readonly (readonly number[])[])[],
  r: number,
  rule: SentenceRule,
  s = largestCount(spans),
): PairWeights {
  const b = spans.length;
  const positive = new Float32Array(b * s * r);
  const negative = new Float32Array(b * s * r);
  const used = new Float32Array(b);
  spans.forEach((sentences, i) => {
    const labelled = new Set<number>();
    const counted = (j: number): boolean => rule === 'published' || isFilled(sentences[j]);
    sentences.forEach((_, j) => {
      if (!counted(j)) return;
      for (const region of labels[i][j] ?? []) {
        requireRegion(region, r, i, j);
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

/** Weights of each sentence's regions in the loss of {@link regionOfSentenceLoss}; they sum to the share of reports used. */
export interface SentenceTargets<T = Float32Array> {
  /** `[b, s, r]` */
  readonly targets: T;
  readonly shape: readonly [b: number, s: number, r: number];
}

/**
 * 1 / (regions of the sentence · such sentences of the report · b) at the regions that a sentence speaks of; 0 for sentences
 * without words, without regions or with all of them, which nobody has to find.
 *
 * @param labels per report, per sentence: regions it speaks of; missing sentences speak of none
 * @param s places for sentences, as many as the longest report has, or more
 * @throws RangeError for a region outside [0, r)
 */
export function sentenceTargets(
  spans: readonly (readonly Span[])[],
  labels: readonly (readonly (readonly number[])[])[],
  r: number,
  s = largestCount(spans),
): SentenceTargets {
  const b = spans.length;
  const targets = new Float32Array(b * s * r);
  spans.forEach((sentences, i) => {
    const found = sentences.map((span, j) => {
      const named = [...new Set(labels[i][j] ?? [])];
      for (const region of named) requireRegion(region, r, i, j);
      return isFilled(span) && named.length < r ? named : [];
    });
    const counted = found.filter(({ length }) => length > 0).length;
    found.forEach((named, j) => {
      for (const region of named) targets[(i * s + j) * r + region] = 1 / (named.length * counted * b);
    });
  });
  return { targets, shape: [b, s, r] };
}

function requireRegion(region: number, r: number, i: number, j: number): void {
  if (Number.isInteger(region) && region >= 0 && region < r) return;
  throw new RangeError(`alignment: regions must be in [0, ${r}), got ${region} (study ${i}, sentence ${j})`);
}
