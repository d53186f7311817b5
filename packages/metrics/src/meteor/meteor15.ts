import { splitTokens } from '../tokens';
import { type Alignment, align, type MatchStage } from './align';
import { FUNCTION_WORDS } from './function-words';
import { possibleMatches, type Resources } from './stages';

export interface Meteor15Options extends Resources {
  readonly functionWords?: ReadonlySet<string>;
  readonly parameters?: Meteor15Parameters;
}

export interface Meteor15Parameters {
  /** Weight of precision in the harmonic mean. */
  readonly alpha: number;
  /** Exponent of the fragmentation. */
  readonly beta: number;
  /** Largest penalty. */
  readonly gamma: number;
  /** Weight of content words; function words weigh 1 - delta. */
  readonly delta: number;
  readonly weights: Readonly<Record<MatchStage, number>>;
}

/** METEOR 1.5 for English, tuned to rank translations. */
export const METEOR_15_ENGLISH: Meteor15Parameters = {
  alpha: 0.85,
  beta: 0.2,
  gamma: 0.6,
  delta: 0.75,
  weights: { exact: 1, stem: 0.6, synonym: 0.8, paraphrase: 0.6 },
};

/** One text's side of an alignment; every number adds up over a corpus. */
interface Side {
  content: number;
  function: number;
  /** Matched words, each times the weight of its stage. */
  weightedContent: number;
  weightedFunction: number;
  matched: number;
}

/** What METEOR 1.5 needs of one pair; it adds up over a corpus, so large sets can stream. */
export interface Meteor15Counts {
  readonly hypothesis: Side;
  readonly reference: Side;
  chunks: number;
}

/** Words as METEOR 1.5 sees them: lower case, punctuation cut off, hyphens and inner full stops kept. */
export const meteorTokens = (text: string): string[] =>
  splitTokens(
    text
      .toLowerCase()
      .replace(/([,;:!?()[\]{}"“”])/g, ' $1 ')
      .replace(/\.(?=\s|$)/g, ' . '),
  );

/** Aligns two lists of words by the stages whose resources are given. */
export const meteor15Alignment = (
  reference: readonly string[],
  hypothesis: readonly string[],
  resources: Resources = {},
): Alignment => align(possibleMatches(reference, hypothesis, resources), reference.length);

export function meteor15Counts(
  reference: string,
  hypothesis: string,
  { functionWords = FUNCTION_WORDS, parameters = METEOR_15_ENGLISH, ...resources }: Meteor15Options = {},
): Meteor15Counts {
  const referenceTokens = meteorTokens(reference);
  const hypothesisTokens = meteorTokens(hypothesis);
  const { matches, chunks } = meteor15Alignment(referenceTokens, hypothesisTokens, resources);
  const sides = {
    hypothesis: emptySide(hypothesisTokens, functionWords),
    reference: emptySide(referenceTokens, functionWords),
  };
  for (const match of matches) {
    const weight = parameters.weights[match.stage];
    const add = (side: Side, tokens: readonly string[], start: number, words: number) => {
      side.matched += words;
      for (let k = start; k < start + words; k++) {
        if (functionWords.has(tokens[k]!)) side.weightedFunction += weight;
        else side.weightedContent += weight;
      }
    };
    add(sides.hypothesis, hypothesisTokens, match.hypothesis, match.hypothesisWords);
    add(sides.reference, referenceTokens, match.reference, match.referenceWords);
  }
  return { ...sides, chunks };
}

/** {@link meteor15Counts} against the reference that scores best, as the program does with several. */
export function meteor15CountsOfAll(
  references: readonly string[],
  hypothesis: string,
  options: Meteor15Options = {},
): Meteor15Counts {
  let [best, ...others] = references.map((reference) => meteor15Counts(reference, hypothesis, options));
  for (const next of others) {
    const [most, here] = [best!, next].map((counts) => meteor15FromCounts(counts, options.parameters));
    if (here! > most!) best = next;
  }
  return best!;
}

/** Numbers of one side and one pair, in the order of {@link meteor15Row}. */
const SIDE = ['content', 'function', 'weightedContent', 'weightedFunction', 'matched'] as const;

/** Counts as a row of 11 numbers, which add up. */
export const meteor15Row = ({ hypothesis, reference, chunks }: Meteor15Counts): number[] => [
  ...SIDE.map((key) => hypothesis[key]),
  ...SIDE.map((key) => reference[key]),
  chunks,
];

/** Counts from a row of {@link meteor15Row}. */
export function meteor15CountsAt(row: ArrayLike<number>): Meteor15Counts {
  const counts = emptyMeteor15Counts();
  SIDE.forEach((key, k) => {
    counts.hypothesis[key] = row[k]!;
    counts.reference[key] = row[SIDE.length + k]!;
  });
  counts.chunks = row[2 * SIDE.length]!;
  return counts;
}

const emptyMeteor15Counts = (): Meteor15Counts => ({
  hypothesis: emptySide([], new Set()),
  reference: emptySide([], new Set()),
  chunks: 0,
});

/**
 * METEOR 1.5 of counts: harmonic mean of precision and recall over weighted words, less a penalty for chunks. One
 * chunk over two whole texts has no penalty. 0 where nothing matches.
 * @see Denkowski and Lavie, Meteor Universal, WMT 2014
 */
export function meteor15FromCounts(
  { hypothesis, reference, chunks }: Meteor15Counts,
  { alpha, beta, gamma, delta }: Meteor15Parameters = METEOR_15_ENGLISH,
): number {
  const ratio = (side: Side): number => {
    const all = delta * side.content + (1 - delta) * side.function;
    return all === 0 ? 0 : (delta * side.weightedContent + (1 - delta) * side.weightedFunction) / all;
  };
  const precision = ratio(hypothesis);
  const recall = ratio(reference);
  if (precision === 0 || recall === 0) return 0;
  const mean = (precision * recall) / (alpha * precision + (1 - alpha) * recall);
  const whole = (side: Side) => side.matched === side.content + side.function;
  const fragmentation =
    chunks === 1 && whole(hypothesis) && whole(reference)
      ? 0
      : chunks / ((hypothesis.matched + reference.matched) / 2);
  return mean * (1 - gamma * fragmentation ** beta);
}

function emptySide(tokens: readonly string[], functionWords: ReadonlySet<string>): Side {
  const functions = tokens.filter((token) => functionWords.has(token)).length;
  return {
    content: tokens.length - functions,
    function: functions,
    weightedContent: 0,
    weightedFunction: 0,
    matched: 0,
  };
}
