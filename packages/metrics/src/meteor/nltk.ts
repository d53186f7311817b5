import { splitTokens } from '../tokens';
import { porterStem } from './porter';
import type { Wordnet } from './wordnet';

/** A word of the hypothesis and the word of the reference it stands for, by position. */
export type WordMatch = readonly [hypothesis: number, reference: number];

export interface NltkMeteorOptions {
  readonly wordnet: Pick<Wordnet, 'synonyms'>;
  /** Weight of precision in the harmonic mean. */
  readonly alpha?: number;
  /** Exponent of the fragmentation. */
  readonly beta?: number;
  /** Largest penalty. */
  readonly gamma?: number;
}

/**
 * NLTK's `single_meteor_score` of lower-cased words, each at most once, in three stages (same word, same Porter
 * stem, synonym of the stem). Each stage goes from the last word to the first and takes the last fit in the reference; it does
 * not look for few chunks as METEOR 1.5 does. Without a match 0.
 * @see Banerjee and Lavie, ACL workshop 2005
 */
export function nltkMeteorOf(reference: string, hypothesis: string, options: NltkMeteorOptions): number {
  const { alpha = 0.9, beta = 3, gamma = 0.5 } = options;
  const referenceTokens = splitTokens(reference.toLowerCase());
  const hypothesisTokens = splitTokens(hypothesis.toLowerCase());
  const matches = nltkAlignment(referenceTokens, hypothesisTokens, options.wordnet);
  if (matches.length === 0) return 0;
  const precision = matches.length / hypothesisTokens.length;
  const recall = matches.length / referenceTokens.length;
  const mean = (precision * recall) / (alpha * precision + (1 - alpha) * recall);
  return (1 - gamma * (countChunks(matches) / matches.length) ** beta) * mean;
}

/** NLTK's alignment, in the order of the hypothesis. */
export function nltkAlignment(
  reference: readonly string[],
  hypothesis: readonly string[],
  wordnet: Pick<Wordnet, 'synonyms'>,
): WordMatch[] {
  let words = [...hypothesis.entries()];
  let others = [...reference.entries()];
  const matches: WordMatch[] = [];
  const stage = (fits: (word: string) => (other: string) => boolean) => {
    for (let i = words.length - 1; i >= 0; i--) {
      const [at, word] = words[i]!;
      const fit = fits(word);
      const j = others.findLastIndex(([, other]) => fit(other));
      if (j < 0) continue;
      matches.push([at, others[j]![0]]);
      words.splice(i, 1);
      others.splice(j, 1);
    }
  };
  const same = (word: string) => (other: string) => word === other;
  stage(same);
  words = words.map(([at, word]) => [at, porterStem(word)]);
  others = others.map(([at, word]) => [at, porterStem(word)]);
  stage(same);
  // NLTK hands on the stems, not the words.
  stage((stem) => {
    const synonyms = wordnet.synonyms(stem);
    return (other) => synonyms.has(other);
  });
  return matches.sort((a, b) => a[0] - b[0]);
}

/** Runs of matches whose words follow one another in both texts. */
export function countChunks(matches: readonly WordMatch[]): number {
  return matches.filter(
    ([h, r], i) => i === 0 || matches[i - 1]![0] !== h - 1 || matches[i - 1]![1] !== r - 1,
  ).length;
}
