import { metricRegistry } from '@raca/metrics';
import { z } from 'zod';

/** Names of the metrics that need nothing but text. */
export const METRIC_NAMES: readonly string[] = Object.keys(metricRegistry());

const own = z
  .string()
  .min(1)
  .describe(
    'Path of a file of your own (see examples/own-metric), or a name in the table `ownScores` of the API.',
  );
const key = z.string().min(1).optional().describe('Which of the metric’s scores; absent: its only one.');
const weight = z.number().positive().default(1).describe('Weight in the sum.');

const nameOf = (names: readonly string[]) =>
  z.string().refine((name) => names.includes(name), {
    error: ({ input }) =>
      `expected one of ${names.join(', ')}, or a metric of your own by { use }, found "${input}"`,
  });

/** Metrics beside the standard ones: names, and the user's own. */
export const metricsSchema = z.array(z.union([nameOf(METRIC_NAMES), z.strictObject({ use: own })]));

/** What validation measures in any case. */
export const SELECTIONS = [
  'bleu4',
  'findingsAndBleu4',
  'findingsMacroF1',
  'clinicalMicroF1',
  'reward',
] as const;

/** One of {@link SELECTIONS}, or a score of any metric. */
export const selectionSchema = z.union([
  nameOf([...SELECTIONS, ...METRIC_NAMES]),
  z.strictObject({ metric: nameOf(METRIC_NAMES).describe('A metric of `@raca/metrics` by name.'), key }),
  z.strictObject({ use: own, key }),
]);
export type Selection = z.output<typeof selectionSchema>;

const part = z.union([
  z.strictObject({
    metric: z.string().min(1).describe('A metric of `@raca/metrics` by name.'),
    key,
    weight,
  }),
  z.strictObject({ use: own, key, weight }),
]);
export type RewardPartConfig = z.output<typeof part>;

/** Names that are no metric's. `bleu4` was the name of `sentence-bleu` here; elsewhere it is BLEU-4 of a whole split. */
const SHORT: Readonly<Record<string, RewardPartConfig>> = {
  bleu4: { metric: 'sentence-bleu', weight: 1 },
  clinicalF1: { metric: 'clinical-f1', key: 'clinical/example/f1/14', weight: 1 },
};

/** What may stand for a reward, for error messages. */
export const REWARD_NAMES: readonly string[] = [
  ...Object.keys(SHORT).filter((name) => name !== 'bleu4'),
  ...METRIC_NAMES,
];

/** What reinforcement learns from: a name, a score, or a weighted sum of scores. */
export const rewardSchema = z
  .union([z.string().min(1), part, z.array(part).min(1)])
  .transform((value): RewardPartConfig[] =>
    typeof value === 'string' ? [SHORT[value] ?? { metric: value, weight: 1 }] : [value].flat(),
  );

/** Under which name a line of `metrics.jsonl` holds what `training.selection` chooses by. */
export const selectionKey = (selection: Selection): string =>
  SELECTIONS.find((name) => name === selection) ?? 'selection';

/** A selection in words. */
export function selectionName(selection: Selection): string {
  if (typeof selection === 'string') return selection;
  const name = 'metric' in selection ? selection.metric : selection.use;
  return selection.key === undefined ? name : `${name}, ${selection.key}`;
}
