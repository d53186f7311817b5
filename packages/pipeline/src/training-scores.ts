import {
  asMetric,
  ciderWith,
  countDocuments,
  type Metric,
  metricRegistry,
  type Reward,
  resolveMetrics,
  rewardOf,
} from '@raca/metrics';
import type { TrainingConfig } from './config';
import { REWARD_NAMES, type RewardPartConfig, SELECTIONS, type Selection } from './score-config';

/** Metrics and rewards of the user's own, by what `use` in a config says: a name, or an absolute path. */
export type OwnScores = Readonly<Record<string, Metric | Reward>>;

/** A score that chooses weights. */
export interface SelectedScore {
  readonly metric: Metric;
  readonly key: string;
}

/** What a training config measures by, made. */
export interface TrainingScores {
  /** Beside what validation measures in any case. */
  readonly metrics: readonly Metric[];
  /** Where weights are chosen by a metric. */
  readonly selected: SelectedScore | null;
  /** Of self-critical training. */
  readonly reward: Reward | null;
  /** Of the region agent; null: smoothed sentence BLEU-4. */
  readonly agentReward: Reward | null;
}

/**
 * The metrics and rewards that a training config names.
 * @param trainingReports count CIDEr's document frequencies in rewards; only read where one is CIDEr
 * @param own the user's own, for each `use`
 * @throws Error in one line: field, expected, found
 */
export function trainingScores(
  training: Pick<TrainingConfig, 'metrics' | 'selection' | 'selfCritical' | 'agentReward'>,
  trainingReports: () => Iterable<string>,
  own: OwnScores = {},
): TrainingScores {
  const { selection, selfCritical, agentReward } = training;
  const metrics = configuredMetrics(training.metrics, own);
  for (const { name, keys } of metrics) {
    const taken = keys.find((key) => TAKEN.includes(key));
    if (taken !== undefined) {
      throw new Error(
        `training.metrics: ${name}: expected keys that training does not write itself, found "${taken}"`,
      );
    }
  }
  if (selection === 'reward' && !selfCritical) {
    throw new Error('training.selection: expected a selfCritical section beside "reward", found none');
  }
  const reward = (field: string, parts: readonly RewardPartConfig[]) =>
    configuredReward(parts, trainingReports, own, field);
  return {
    metrics,
    selected: selectedScore(selection, own),
    reward: selfCritical && reward('training.selfCritical.reward', selfCritical.reward),
    agentReward: agentReward ? reward('training.agentReward', agentReward) : null,
  };
}

/** What a line of `metrics.jsonl` holds beside scores. */
const TAKEN: readonly string[] = [...SELECTIONS, 'selection', 'loss', 'kind', 'step', 'epoch'];

/** The metrics of `training.metrics`, each once. @throws Error in one line */
export function configuredMetrics(metrics: TrainingConfig['metrics'], own: OwnScores = {}): Metric[] {
  const made = (metrics ?? []).map((asked, i) =>
    typeof asked === 'string'
      ? resolveMetrics([asked])[0]
      : ownMetric(`training.metrics.${i}.use`, asked.use, own),
  );
  return made.filter(({ name }, i) => made.findIndex((other) => other.name === name) === i);
}

function selectedScore(selection: Selection, own: OwnScores): SelectedScore | null {
  if (SELECTIONS.some((name) => name === selection)) return null;
  const asked = typeof selection === 'string' ? { metric: selection } : selection;
  const metric =
    'metric' in asked
      ? resolveMetrics([asked.metric])[0]
      : ownMetric('training.selection.use', asked.use, own);
  const key = 'key' in asked ? asked.key : undefined;
  const only = metric.keys.length === 1 ? metric.keys[0] : undefined;
  const found = key ?? only;
  if (found !== undefined && metric.keys.includes(found)) return { metric, key: found };
  throw new Error(
    `training.selection: key: expected one of ${metric.keys.join(', ')}, found ${key === undefined ? 'none' : `"${key}"`}`,
  );
}

/**
 * The reward that a config names: higher is better, one number a report.
 * @param field named in errors
 * @throws Error in one line for a metric or score that is not there
 */
export function configuredReward(
  parts: readonly RewardPartConfig[],
  trainingReports: () => Iterable<string>,
  own: OwnScores = {},
  field = 'training.selfCritical.reward',
): Reward {
  const registry: Readonly<Record<string, () => Metric>> = {
    ...metricRegistry(),
    cider: () => ciderWith(countDocuments(trainingReports())),
  };
  const made = parts.map((part): Reward => {
    const { key, weight } = part;
    if ('use' in part) {
      const value = own[part.use];
      if (typeof value === 'function') return weighted(value, weight, `${field}: ${part.use}`);
      return rewardOf({ metric: ownMetric(field, part.use, own), key, weight });
    }
    if (Object.hasOwn(registry, part.metric))
      return rewardOf({ metric: registry[part.metric](), key, weight });
    throw new Error(
      `${field}: expected one of ${REWARD_NAMES.join(', ')}, or one of your own by { use }, found "${part.metric}"`,
    );
  });
  const total: Reward = (references, generated) => {
    const [first, ...others] = made.map((reward) => reward(references, generated));
    return others.reduce((sum, rewards) => sum.map((x, i) => x + rewards[i]), first);
  };
  try {
    total(['the lungs are clear .'], ['no pneumothorax .']); // a key that is not there shows here
  } catch (error) {
    const { message } = error as Error;
    throw new Error(message.startsWith(field) ? message : `${field}: ${message}`, { cause: error });
  }
  return total;
}

/** A reward of the user's own, times its weight. @throws Error unless it gives a finite number for each report */
const weighted =
  (reward: Reward, weight: number, source: string): Reward =>
  (references, generated) => {
    const rewards: unknown = reward(references, generated);
    if (!Array.isArray(rewards) || rewards.length !== generated.length) {
      const found = Array.isArray(rewards) ? `${rewards.length} numbers` : typeof rewards;
      throw new Error(`${source}: expected a list of ${generated.length} rewards, found ${found}`);
    }
    const bad = rewards.find((x) => !Number.isFinite(x));
    if (bad !== undefined) throw new Error(`${source}: expected finite rewards, found ${bad}`);
    return rewards.map((x: number) => weight * x);
  };

function ownMetric(field: string, use: string, own: OwnScores): Metric {
  const value = Object.hasOwn(own, use) ? own[use] : undefined;
  if (value === undefined) {
    throw new Error(`${field}: expected an entry "${use}" in the table of own scores, found none`);
  }
  if (typeof value === 'function') {
    throw new Error(`${field}: ${use}: expected a metric, found a function, which is a reward`);
  }
  return asMetric(value, `${field}: ${use}`);
}
