import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { rewardSchema } from './score-config';

/** Self-critical sequence training; see {@link rollOut}. */
export const selfCriticalSchema = z
  .strictObject({
    reward: rewardSchema.describe(
      'Any score of `@raca/metrics`, such as `sentence-bleu` (smoothed BLEU-4), `cider`, `clinicalF1` (example average) or ' +
        '`radcliq-rules`, or one of your own by `use`; scores that are better when lower count negative. A list is summed by weight.',
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
