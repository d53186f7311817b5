import { meanMetric } from './measure';
import { referencesOf } from './pairs';
import { countNgrams, mean, type NgramCounts, splitTokens } from './tokens';
import type { CorpusMetric, MetricInfo, PairMetric } from './types';

const ORDER = 4;

interface TfIdf {
  /** tf-idf weight per n-gram, one map a length. */
  readonly weights: Map<string, number>[];
  readonly norms: number[];
  /** The published code measures length in bigrams. */
  readonly bigrams: number;
}

/** In how many reference reports each n-gram comes. */
export interface DocumentFrequencies {
  readonly documents: ReadonlyMap<string, number>;
  /** Number of reports. */
  readonly count: number;
}

/** The first pass of CIDEr over large sets: counts the references one by one. */
export function countDocuments(references: Iterable<string>): DocumentFrequencies {
  const documents = new Map<string, number>();
  let count = 0;
  for (const reference of references) {
    addDocument(documents, countNgrams(splitTokens(reference), ORDER));
    count++;
  }
  return { documents, count };
}

/**
 * CIDEr-D (`CIDEr`) equal to pycocoevalcap's `Cider`: tf-idf of 1- to 4-grams with document frequencies of
 * the references that are scored, weights clipped by the reference, a Gaussian on the difference in length
 * (in bigrams, σ = 6), times 10. With one study every weight is log 1 = 0, so the score is 0. Several references of
 * a study are one document, and the score is the mean over them.
 *
 * It needs all references before the first score, so it does not stream: {@link ciderWith} does.
 */
export const cider = (sigma = 6): CorpusMetric => ({
  ...CIDER,
  over(pairs) {
    const documents = new Map<string, number>();
    for (const pair of pairs) {
      const counts = referencesOf(pair).map((text) => countNgrams(splitTokens(text), ORDER));
      addDocument(documents, counts.length === 1 ? counts[0]! : union(counts));
    }
    return ciderWith({ documents, count: pairs.length }, sigma);
  },
});

/**
 * CIDEr-D with document frequencies counted before (of the same references: the second pass over a large set; of
 * the training reports: a reward). Key `CIDEr` as well, and equal to it, when the references are the same.
 */
export function ciderWith({ documents, count }: DocumentFrequencies, sigma = 6): PairMetric {
  const logCount = Math.log(count);
  const vector = (text: string) => weigh(countNgrams(splitTokens(text), ORDER), documents, logCount);
  return meanMetric(CIDER, (pair) => {
    const hypothesis = vector(pair.hypothesis);
    return [mean(referencesOf(pair).map((text) => similarity(hypothesis, vector(text), sigma) * 10))];
  });
}

const CIDER: MetricInfo = {
  name: 'cider',
  keys: ['CIDEr'],
  direction: 'higher',
  range: [0, 10],
  references: 'all',
};

/** The n-grams of several texts as those of one; the counts do not matter. */
const union = (texts: readonly (readonly NgramCounts[])[]): NgramCounts[] =>
  texts[0]!.map((_, k) => new Map(texts.flatMap((counts) => [...counts[k]!])));

function addDocument(documents: Map<string, number>, counts: readonly NgramCounts[]): void {
  for (const grams of counts) {
    for (const gram of grams.keys()) documents.set(gram, (documents.get(gram) ?? 0) + 1);
  }
}

function weigh(
  counts: readonly NgramCounts[],
  documents: ReadonlyMap<string, number>,
  logCount: number,
): TfIdf {
  const norms: number[] = [];
  let bigrams = 0;
  const weights = counts.map((grams, k) => {
    const weighted = new Map<string, number>();
    let squares = 0;
    for (const [gram, count] of grams) {
      const weight = count * (logCount - Math.log(Math.max(1, documents.get(gram) ?? 0)));
      weighted.set(gram, weight);
      squares += weight ** 2;
      if (k === 1) bigrams += count;
    }
    norms.push(Math.sqrt(squares));
    return weighted;
  });
  return { weights, norms, bigrams };
}

function similarity(hypothesis: TfIdf, reference: TfIdf, sigma: number): number {
  const gauss = Math.exp(-((hypothesis.bigrams - reference.bigrams) ** 2) / (2 * sigma ** 2));
  const perLength = hypothesis.weights.map((weights, k) => {
    let sum = 0;
    for (const [gram, weight] of weights) {
      const inReference = reference.weights[k]!.get(gram) ?? 0;
      sum += Math.min(weight, inReference) * inReference;
    }
    const norm = hypothesis.norms[k]! * reference.norms[k]!;
    return (norm === 0 ? sum : sum / norm) * gauss;
  });
  return mean(perLength);
}
