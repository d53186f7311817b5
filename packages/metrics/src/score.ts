import { bleu } from './bleu';
import { cider } from './cider';
import { clinicalF1 } from './clinical';
import { distinctTexts, lengthRatio } from './facts';
import { checkPairs } from './pairs';
import { rougeL } from './rouge';
import type { Direction, ReportPair, Scorer, Scores } from './types';

/** Which references were scored: `r2gen` cleaned and cut at the maximal length, `full` as written. */
export type Protocol = 'r2gen' | 'full';

export interface ScoreOptions {
  /** {@link defaultScorers} when left out. */
  readonly metrics?: readonly Scorer[];
  /** Only a name: the caller prepared the references, the result says so. */
  readonly protocol: Protocol;
}

/** What belongs beside any score: a system that says one text for everybody can score well. */
export interface CorpusFacts {
  /** Pairs scored. */
  readonly count: number;
  readonly distinctHypotheses: number;
  readonly distinctReferences: number;
  /** Tokens of all hypotheses over tokens of all references. */
  readonly lengthRatio: number;
}

export interface ScoreReport {
  readonly protocol: Protocol;
  readonly facts: CorpusFacts;
  readonly corpus: Scores;
  readonly perReport: readonly { readonly id: string; readonly scores: Scores }[];
  /** Which way each key of `corpus` is better; counts (support, predicted) have no entry. */
  readonly directions: Record<string, Direction>;
}

/** BLEU-1…4, ROUGE-L, CIDEr and clinical F1. */
export const defaultScorers = (): Scorer[] => [bleu(), rougeL(), cider(), clinicalF1()];

/**
 * Scores pairs with every metric asked for.
 * @throws Error in one line: no pairs, a field that is no string, an id twice, a key that two metrics write
 */
export function score(
  pairs: readonly ReportPair[],
  { metrics = defaultScorers(), protocol }: ScoreOptions,
): ScoreReport {
  if (protocol !== 'r2gen' && protocol !== 'full') {
    throw new Error(`score: protocol must be 'r2gen' or 'full', got ${JSON.stringify(protocol)}`);
  }
  checkPairs(pairs);
  const corpus: Scores = {};
  const directions: Record<string, Direction> = {};
  const perReport = pairs.map(({ id }) => ({ id, scores: {} as Scores }));
  for (const metric of metrics) {
    const result = metric.score(pairs);
    for (const [key, value] of Object.entries(result.corpus)) {
      if (key in corpus) throw new Error(`score: two metrics write "${key}", the second is ${metric.id}`);
      corpus[key] = value;
      if (!/\/(?:support|predicted)\//.test(key)) directions[key] = metric.direction;
    }
    result.perReport.forEach((values, i) => {
      Object.assign(perReport[i]!.scores, values);
    });
  }
  return {
    protocol,
    facts: {
      count: pairs.length,
      distinctHypotheses: distinctTexts(pairs.map(({ hypothesis }) => hypothesis)),
      distinctReferences: distinctTexts(pairs.map(({ reference }) => reference)),
      lengthRatio: lengthRatio(pairs),
    },
    corpus,
    perReport,
    directions,
  };
}
