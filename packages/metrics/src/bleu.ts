import { meanMetric } from './measure';
import { referencesOf } from './pairs';
import { countNgrams, type NgramCounts, splitTokens } from './tokens';
import type { PairMetric, Texts } from './types';

/** What BLEU needs of one pair; it adds up over a corpus, so large sets can stream. */
export interface BleuCounts {
  hypothesisLength: number;
  referenceLength: number;
  /** Clipped matches per n-gram length, n = 1 … order. */
  readonly matches: number[];
  /** n-grams of the hypothesis per length. */
  readonly guesses: number[];
}

// pycocoevalcap keeps a score of nothing above zero by these two.
const TINY = 1e-15;
const SMALL = 1e-9;

/** The n-grams of a text, counted once for all texts that it is compared with. */
export interface CountedText {
  /** Tokens. */
  readonly length: number;
  readonly ngrams: readonly NgramCounts[];
}

export function countText(text: string, order = 4): CountedText {
  const tokens = splitTokens(text);
  return { length: tokens.length, ngrams: countNgrams(tokens, order) };
}

export const bleuCounts = (reference: string, hypothesis: string, order = 4): BleuCounts =>
  bleuCountsOf(countText(reference, order), countText(hypothesis, order));

/** {@link bleuCounts} of two texts counted to the same order. */
export const bleuCountsOf = (reference: CountedText, hypothesis: CountedText): BleuCounts => ({
  hypothesisLength: hypothesis.length,
  referenceLength: reference.length,
  matches: hypothesis.ngrams.map((counts, k) => clippedMatches(counts, reference.ngrams[k]!)),
  guesses: hypothesis.ngrams.map((_, k) => Math.max(0, hypothesis.length - k)),
});

/**
 * {@link bleuCounts} against several references: an n-gram may match as often as in the reference that has it most,
 * and the reference length is the one closest to the hypothesis, the shorter of two at the same distance.
 */
export function bleuCountsOfAll(references: readonly CountedText[], hypothesis: CountedText): BleuCounts {
  if (references.length === 1) return bleuCountsOf(references[0]!, hypothesis);
  const ngrams = hypothesis.ngrams.map((_, k) => mostOfEach(references.map((text) => text.ngrams[k]!)));
  const far = (length: number) => Math.abs(length - hypothesis.length);
  const length = references
    .map((text) => text.length)
    .reduce((best, next) =>
      far(next) < far(best) || (far(next) === far(best) && next < best) ? next : best,
    );
  return bleuCountsOf({ length, ngrams }, hypothesis);
}

function mostOfEach(all: readonly NgramCounts[]): NgramCounts {
  const most: NgramCounts = new Map();
  for (const counts of all) {
    for (const [gram, count] of counts) most.set(gram, Math.max(count, most.get(gram) ?? 0));
  }
  return most;
}

/** BLEU-1 … BLEU-order of a row of {@link bleuRow}, or a sum of rows, as pycocoevalcap's `BleuScorer` prints them. */
function bleuFromSums(row: ArrayLike<number>, order: number): number[] {
  const ratio = (row[0]! + TINY) / (row[1]! + SMALL);
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  const scores: number[] = [];
  let product = 1;
  for (let k = 0; k < order; k++) {
    product *= (row[2 + k]! + TINY) / (row[2 + order + k]! + SMALL);
    scores.push(product ** (1 / (k + 1)) * brevity);
  }
  return scores;
}

/** Counts as `2 + 2 · order` numbers, which add up. */
export const bleuRow = ({ hypothesisLength, referenceLength, matches, guesses }: BleuCounts): number[] => [
  hypothesisLength,
  referenceLength,
  ...matches,
  ...guesses,
];

/**
 * Corpus and per-report BLEU-1 … BLEU-4 (`BLEU_1` …), equal to pycocoevalcap: n-gram counts clipped by the
 * reference, brevity penalty, 1e-15 and 1e-9 in place of zeros. Text is cut at white space only.
 */
export const bleu = (order = 4): PairMetric => ({
  name: 'bleu',
  keys: Array.from({ length: order }, (_, k) => `BLEU_${k + 1}`),
  direction: 'higher',
  range: [0, 1],
  references: 'all',
  sums: (pair) => bleuRow(countsOfPair(pair, order)),
  value: (sums) => bleuFromSums(sums, order),
});

const countsOfPair = (pair: Texts, order: number): BleuCounts =>
  bleuCountsOfAll(
    referencesOf(pair).map((text) => countText(text, order)),
    countText(pair.hypothesis, order),
  );

/** Counts from a row of {@link bleuRow}, or a sum of rows. */
export const bleuCountsAt = (row: ArrayLike<number>, order: number): BleuCounts => {
  const counts = Array.from(row);
  return {
    hypothesisLength: counts[0]!,
    referenceLength: counts[1]!,
    matches: counts.slice(2, 2 + order),
    guesses: counts.slice(2 + order),
  };
};

/**
 * NLTK's `sentence_bleu` with smoothing method 1: 0.1 in place of a zero count of matches, uniform weights,
 * zero without a shared word. Text is cut at white space.
 */
export const sentenceBleu = (reference: string, hypothesis: string, order = 4): number =>
  sentenceBleuFromCounts(bleuCounts(reference, hypothesis, order));

/** {@link sentenceBleu} of counts. */
export function sentenceBleuFromCounts(counts: BleuCounts): number {
  const { matches, guesses, hypothesisLength, referenceLength } = counts;
  const order = matches.length;
  if (!matches[0]) return 0;
  let logSum = 0;
  for (let k = 0; k < order; k++) logSum += Math.log((matches[k] || 0.1) / Math.max(1, guesses[k]!));
  const brevity = hypothesisLength > referenceLength ? 1 : Math.exp(1 - referenceLength / hypothesisLength);
  return brevity * Math.exp(logSum / order);
}

/** {@link sentenceBleu} as a metric: `BLEU_4/sentence/method1`; its corpus value is the mean over reports. */
export const meanSentenceBleu = (order = 4): PairMetric =>
  meanMetric(
    {
      name: 'sentence-bleu',
      keys: [`BLEU_${order}/sentence/method1`],
      direction: 'higher',
      range: [0, 1],
    },
    ({ reference, hypothesis }) => [sentenceBleu(reference, hypothesis, order)],
  );

function clippedMatches(hypothesis: NgramCounts, reference: NgramCounts): number {
  let sum = 0;
  for (const [gram, count] of hypothesis) {
    const most = reference.get(gram);
    if (most !== undefined) sum += Math.min(count, most);
  }
  return sum;
}
