import { stem } from 'porter2';
import type { Candidate, MatchStage, PossibleMatches } from './align';
import type { Wordnet } from './wordnet';

/** Phrases that may stand for each other, as `phrase → phrases`; words lower-case, one space between. */
export type Paraphrases = ReadonlyMap<string, ReadonlySet<string>>;

export interface Resources {
  /** Without it there is no synonym stage. */
  readonly wordnet?: Pick<Wordnet, 'synsets'>;
  /** Without it there is no paraphrase stage. */
  readonly paraphrases?: Paraphrases;
}

const LONGEST_PHRASE = 7;

/** What each word of the hypothesis may match in the reference; of several stages for two words the first counts. */
export function possibleMatches(
  reference: readonly string[],
  hypothesis: readonly string[],
  { wordnet, paraphrases }: Resources,
): PossibleMatches[] {
  const positions = positionsOf(reference, (word) => [word]);
  const stems = groupBy(positions.keys(), (word) => [stem(word)]);
  const synsets = wordnet ? groupBy(positions.keys(), (word) => wordnet.synsets(word)) : new Map();

  const known = new Map<string, PossibleMatches['words']>();
  const wordsFor = (word: string) => {
    let words = known.get(word);
    if (words === undefined) {
      const stages = new Map<string, MatchStage>();
      const add = (stage: MatchStage, others: Iterable<string> = []) => {
        for (const other of others) if (!stages.has(other)) stages.set(other, stage);
      };
      if (positions.has(word)) add('exact', [word]);
      add('stem', stems.get(stem(word)));
      if (wordnet) for (const synset of wordnet.synsets(word)) add('synonym', synsets.get(synset));
      words = [...stages]
        .flatMap(([other, stage]) =>
          positions
            .get(other)!
            .map((at): Candidate => ({ stage, reference: at, hypothesisWords: 1, referenceWords: 1 })),
        )
        .sort((a, b) => a.reference - b.reference);
      known.set(word, words);
    }
    return words;
  };
  const phrasesAt = paraphrases ? phraseFinder(reference, hypothesis, paraphrases) : () => [];
  return hypothesis.map((word, at) => ({ words: wordsFor(word), phrases: phrasesAt(at) }));
}

function phraseFinder(
  reference: readonly string[],
  hypothesis: readonly string[],
  paraphrases: Paraphrases,
): (at: number) => Candidate[] {
  const inReference = positionsOf(reference, (_, at) => phrasesFrom(reference, at));
  return (at) =>
    phrasesFrom(hypothesis, at).flatMap((phrase) =>
      [...(paraphrases.get(phrase) ?? [])].flatMap((other) =>
        other === phrase
          ? []
          : (inReference.get(other) ?? []).map((position) => ({
              stage: 'paraphrase' as const,
              reference: position,
              hypothesisWords: phrase.split(' ').length,
              referenceWords: other.split(' ').length,
            })),
      ),
    );
}

const phrasesFrom = (tokens: readonly string[], at: number): string[] =>
  Array.from({ length: Math.min(LONGEST_PHRASE, tokens.length - at) }, (_, k) =>
    tokens.slice(at, at + k + 1).join(' '),
  );

function positionsOf(
  tokens: readonly string[],
  keys: (word: string, at: number) => Iterable<string>,
): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  tokens.forEach((word, at) => {
    for (const key of keys(word, at)) push(positions, key, at);
  });
  return positions;
}

function groupBy(words: Iterable<string>, keys: (word: string) => Iterable<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const word of words) for (const key of keys(word)) push(groups, key, word);
  return groups;
}

function push<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const group = groups.get(key);
  if (group) group.push(item);
  else groups.set(key, [item]);
}
