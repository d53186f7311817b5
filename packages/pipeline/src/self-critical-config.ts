import { LARGEST } from '@raca/core';
import { ciderWith, countDocuments, metricRegistry, type Reward, rewardOf, type Scorer } from '@raca/metrics';
import { z } from 'zod';

const part = z.strictObject({
  metric: z.string().min(1).describe('A metric of `@raca/metrics` by name.'),
  key: z
    .string()
    .min(1)
    .optional()
    .describe('Name among the metric’s per-report scores; absent: the only one.'),
  weight: z.number().positive().default(1).describe('Weight in the sum.'),
});

/** What training on report quality wants: a short name, a score, or a weighted sum of scores. */
const reward = z
  .union([z.string().min(1), part, z.array(part).min(1)])
  .transform((value) =>
    typeof value === 'string' ? [SHORT[value] ?? { metric: value, weight: 1 }] : [value].flat(),
  );

const SHORT: Readonly<Record<string, z.output<typeof part>>> = {
  bleu4: { metric: 'sentence-bleu', weight: 1 },
  clinicalF1: { metric: 'clinical-f1', key: 'clinical/example/f1/14', weight: 1 },
};

/** Self-critical sequence training; see {@link rollOut}. */
export const selfCriticalSchema = z
  .strictObject({
    reward: reward.describe(
      'Any score of `@raca/metrics`, such as `bleu4` (smoothed sentence BLEU-4), `cider`, `clinicalF1` (example average) or ' +
        '`radcliq-rules`; scores that are better when lower count negative. A list is summed by weight.',
    ),
    weight: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe('Share of the reward’s loss; the token cross-entropy gets the rest.'),
    samples: z
      .int()
      .positive()
      .max(LARGEST.reports)
      .default(1)
      .describe('Reports sampled per study and step.'),
    baseline: z
      .enum(['greedy', 'others'])
      .default('greedy')
      .describe(
        'What a sample is compared with: the greedy report of its study, or the mean of the study’s other samples ' +
          '(less noise; needs at least 2 samples).',
      ),
    standardise: z
      .boolean()
      .default(true)
      .describe(
        'Divide a batch’s advantages by the standard deviation of its rewards, so that `weight` means the same for every score.',
      ),
  })
  .refine(({ baseline, samples }) => baseline === 'greedy' || samples > 1, {
    path: ['samples'],
    message: 'expected at least 2 for the baseline "others"',
  });
export type SelfCriticalConfig = z.output<typeof selfCriticalSchema>;

/**
 * The reward that a config names: higher is better, one number a report.
 * @param trainingReports count CIDEr's document frequencies; only read where the reward is CIDEr
 * @throws Error in one line for a metric or score that is not there
 */
export function selfCriticalReward(
  { reward: parts }: Pick<SelfCriticalConfig, 'reward'>,
  trainingReports: () => Iterable<string>,
): Reward {
  const registry = {
    ...metricRegistry(),
    cider: (): Scorer => ciderWith(countDocuments(trainingReports())),
  };
  const made = rewardOf(
    ...parts.map(({ metric, key, weight }) => {
      if (!Object.hasOwn(registry, metric)) {
        const names = [...Object.keys(SHORT), ...Object.keys(registry)].join(', ');
        throw new Error(`training.selfCritical.reward: expected one of ${names}, found "${metric}"`);
      }
      return { metric: (registry as Record<string, () => Scorer>)[metric](), key, weight };
    }),
  );
  try {
    made(['no pneumothorax .'], ['the lungs are clear .']); // a key that is not there shows here
  } catch (error) {
    throw new Error(`training.selfCritical.reward: ${(error as Error).message}`, { cause: error });
  }
  return made;
}
