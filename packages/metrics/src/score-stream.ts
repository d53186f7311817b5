import { accumulate } from './measure';
import { resolveMetrics } from './registry';
import { addScores, checkProtocol, type Protocol, type ScoreOptions } from './score';
import { splitTokens } from './tokens';
import type { Direction, Scores, Texts } from './types';

/** Corpus scores of a stream: what `score` gives, less what needs every text at once. */
export interface StreamReport {
  readonly protocol: Protocol;
  readonly facts: {
    /** Pairs so far. */
    readonly count: number;
    /** Tokens of all hypotheses over tokens of all references. */
    readonly lengthRatio: number;
  };
  readonly corpus: Scores;
  readonly directions: Record<string, Direction>;
}

/**
 * `score` for sets that do not fit in memory: pairs come one at a time, memory stays flat. Distinct texts are not
 * counted, ids not compared. CIDEr takes two passes: `countDocuments` over the references, then `ciderWith`.
 * @throws Error naming a metric that needs all pairs at once, or two metrics that write one key
 */
export function scoreStream({
  metrics = ['bleu', 'rouge-l', 'clinical-f1'],
  registry,
  protocol,
}: ScoreOptions) {
  checkProtocol(protocol);
  const parts = resolveMetrics(metrics, registry).map((metric) => {
    if (!('over' in metric)) return { metric, all: accumulate(metric) };
    const hint = metric.name.startsWith('cider') ? ': count the references first, then use ciderWith' : '';
    throw new Error(`scoreStream: ${metric.name} needs all pairs at once${hint}`);
  });
  let count = 0;
  let hypothesisLength = 0;
  let referenceLength = 0;
  return {
    /** Takes one pair in. @returns the pair's own scores */
    update(pair: Texts): Scores {
      for (const field of ['reference', 'hypothesis'] as const) {
        if (typeof pair?.[field] !== 'string') {
          throw new Error(
            `scoreStream: pair ${count}: ${field} must be a string, got ${typeof pair?.[field]}`,
          );
        }
      }
      count++;
      hypothesisLength += splitTokens(pair.hypothesis).length;
      referenceLength += splitTokens(pair.reference).length;
      return Object.assign({}, ...parts.map(({ all }) => all.update(pair)));
    },
    /** Corpus scores of all pairs so far; more may follow. */
    compute(): StreamReport {
      const corpus: Scores = {};
      const directions: Record<string, Direction> = {};
      for (const { metric, all } of parts) addScores(corpus, directions, metric, all.compute());
      const lengthRatio = referenceLength === 0 ? Number.NaN : hypothesisLength / referenceLength;
      return { protocol, facts: { count, lengthRatio }, corpus, directions };
    },
  };
}
