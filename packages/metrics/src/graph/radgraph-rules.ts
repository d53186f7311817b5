import { meanMetric } from '../measure';
import type { PairMetric } from '../types';
import { graphF1 } from './f1';
import { extractGraph, type LetterCase } from './graph';

const VARIANTS = ['simple', 'partial', 'complete', 'relation', 'combined'] as const;

/**
 * F1 of rule-made graphs ({@link extractGraph}), keys `radgraph-rules-f1/{simple,partial,complete,relation,combined}`,
 * each the mean over reports; `+case` behind them where letter case counts. It stands in for the model-based
 * RadGraph F1 and must not be called so.
 */
export function radgraphRulesF1({
  letterCase = 'ignore',
}: {
  readonly letterCase?: LetterCase;
} = {}): PairMetric {
  const suffix = letterCase === 'keep' ? '+case' : '';
  return meanMetric(
    {
      name: `radgraph-rules-f1${suffix}`,
      keys: VARIANTS.map((variant) => `radgraph-rules-f1/${variant}${suffix}`),
      direction: 'higher',
      range: [0, 1],
    },
    ({ reference, hypothesis }) => {
      const value = graphF1(
        extractGraph(reference, { letterCase }),
        extractGraph(hypothesis, { letterCase }),
      );
      return VARIANTS.map((variant) => value[variant]);
    },
  );
}
