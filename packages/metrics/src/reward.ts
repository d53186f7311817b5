import { measure } from './measure';
import { pairReports } from './pairs';
import type { Metric } from './types';

/** One part of a reward: a per-report score, times a weight. */
export interface RewardPart {
  readonly metric: Metric;
  /** Name among the metric's per-report scores; may be left out when there is only one. */
  readonly key?: string;
  /** 1 when left out. */
  readonly weight?: number;
}

/** Rewards of generated reports: one number a report, higher is better. */
export type Reward = (references: readonly string[], generated: readonly string[]) => number[];

/**
 * Metrics as a reward for reinforcement learning: the weighted sum of per-report scores; scores that are better when
 * lower count negative. CIDEr's own document frequencies would be those of the batch: take `ciderWith` of the
 * training reports.
 * @throws Error if counts differ or a metric has no such per-report score
 */
export function rewardOf(...parts: readonly RewardPart[]): Reward {
  return (references, generated) => {
    if (generated.length !== references.length) {
      throw new Error(
        `reward: counts must match, got ${references.length} references, ${generated.length} generated reports`,
      );
    }
    const pairs = pairReports(references, generated);
    const rewards = new Array<number>(pairs.length).fill(0);
    if (pairs.length === 0) return rewards;
    for (const { metric, key, weight = 1 } of parts) {
      const sign = metric.direction === 'higher' ? weight : -weight;
      measure(metric, pairs).perReport.forEach((scores, i) => {
        rewards[i]! += sign * pick(metric, scores, key);
      });
    }
    return rewards;
  };
}

/** @throws Error for a key that is not there, or a report without such a score */
function pick(metric: Metric, scores: Readonly<Record<string, number>>, key?: string): number {
  const keys = Object.keys(scores);
  const name = key ?? (keys.length === 1 ? keys[0]! : '');
  const value = scores[name];
  if (value === undefined) {
    throw new Error(`reward: ${metric.name}: key must be one of ${keys.join(', ')}, got ${key ?? 'none'}`);
  }
  if (Number.isNaN(value)) throw new Error(`reward: ${metric.name}: ${name} is not defined for every report`);
  return value;
}
