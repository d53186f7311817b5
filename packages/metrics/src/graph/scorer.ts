import { meanOf, type StreamingScorer, streaming } from '../streaming';
import type { Accumulator, Scores } from '../types';
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
} = {}): StreamingScorer {
  const suffix = letterCase === 'keep' ? '+case' : '';
  const key = (variant: string): string => `radgraph-rules-f1/${variant}${suffix}`;
  return streaming({
    id: `radgraph-rules-f1${suffix}`,
    direction: 'higher',
    range: [0, 1],
    accumulate(): Accumulator {
      let values: ReturnType<typeof graphF1> | undefined;
      const means = VARIANTS.map((variant) => meanOf(key(variant), () => values![variant]));
      return {
        update(pair) {
          values = graphF1(
            extractGraph(pair.reference, { letterCase }),
            extractGraph(pair.hypothesis, { letterCase }),
          );
          return Object.assign({} as Scores, ...means.map((mean) => mean.update(pair)));
        },
        compute: () => Object.assign({} as Scores, ...means.map((mean) => mean.compute())),
      };
    },
  });
}
