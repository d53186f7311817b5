import { ciderWith, countDocuments, metricRegistry, type Reward, rewardOf, type Scorer } from '@raca/metrics';
import { z } from 'zod';

/** One score of a reward: a metric of `@raca/metrics` by name, which of its per-report scores, and its weight. */
const part = z.strictObject({
  metric: z.string().min(1),
  /** Name among the metric's per-report scores; may be left out when there is only one. */
  key: z.string().min(1).optional(),
  weight: z.number().positive().default(1),
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
    /**
     * Any score of `@raca/metrics`, such as `bleu4` (smoothed sentence BLEU-4), `cider`, `clinicalF1` (example average),
     * `radcliq-rules`; scores that are better when lower count negative. A list is added up by weight.
     */
    reward,
    /** Share of the reward's loss; the token cross-entropy gets the rest. */
    weight: z.number().gt(0).max(1).default(0.5),
    /** Reports sampled a study and step. */
    samples: z.int().positive().default(1),
    /** What a sample is compared with: its study's greedy report, or the mean of the study's other samples (less noise). */
    baseline: z.enum(['greedy', 'others']).default('greedy'),
    /** Divide a batch's advantages by the standard deviation of its rewards, so that `weight` means the same for every score. */
    standardise: z.boolean().default(true),
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
