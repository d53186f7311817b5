import { bleu } from './bleu';
import { cider } from './cider';
import { clinicalF1 } from './clinical';
import { distinctTexts, lengthRatio } from './facts';
import { measure } from './measure';
import { checkPairs } from './pairs';
import { type MetricRegistry, resolveMetrics } from './registry';
import { rougeL } from './rouge';
import type { Direction, Metric, ReportPair, Scores } from './types';

/** Which references were scored: `r2gen` cleaned and cut at the maximal length, `full` as written. */
export type Protocol = 'r2gen' | 'full';

export interface ScoreOptions {
  /** Metrics, or names from `registry`; {@link defaultMetrics} when left out. */
  readonly metrics?: readonly (Metric | string)[];
  /** What names stand for; {@link metricRegistry} without WordNet when left out. */
  readonly registry?: MetricRegistry;
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
export const defaultMetrics = (): Metric[] => [bleu(), rougeL(), cider(), clinicalF1()];

/**
 * Scores pairs with every metric asked for.
 * @throws Error in one line: no pairs, a field that is no string, an id twice, a key that two metrics write
 */
export function score(
  pairs: readonly ReportPair[],
  { metrics = defaultMetrics(), registry, protocol }: ScoreOptions,
): ScoreReport {
  checkProtocol(protocol);
  checkPairs(pairs);
  const corpus: Scores = {};
  const directions: Record<string, Direction> = {};
  const perReport = pairs.map(({ id }) => ({ id, scores: {} as Scores }));
  for (const metric of resolveMetrics(metrics, registry)) {
    const result = measure(metric, pairs);
    addScores(corpus, directions, metric, result.corpus);
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

/** @throws Error naming what was given in place of a protocol */
export function checkProtocol(protocol: Protocol): void {
  if (protocol !== 'r2gen' && protocol !== 'full') {
    throw new Error(`score: protocol must be 'r2gen' or 'full', got ${JSON.stringify(protocol)}`);
  }
}

/** Puts a metric's corpus scores among the others. @throws Error when a key is there already */
export function addScores(
  corpus: Scores,
  directions: Record<string, Direction>,
  metric: Pick<Metric, 'name' | 'direction'>,
  scores: Scores,
): void {
  for (const [key, value] of Object.entries(scores)) {
    if (key in corpus) throw new Error(`score: two metrics write "${key}", the second is ${metric.name}`);
    corpus[key] = value;
    if (!/\/(?:support|predicted)\//.test(key)) directions[key] = metric.direction;
  }
}
