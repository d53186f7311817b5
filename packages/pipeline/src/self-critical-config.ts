import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { rewardSchema } from './score-config';

/** Objectives of `@raca/objectives` that learn from sampled reports. */
export const POLICY_OBJECTIVES = ['scst', 'rloo', 'grpo', 'dr-grpo', 'edit-grpo'] as const;

/** Weight of the distance to the frozen model. */
export const klWeightOf = ({
  objective,
  klWeight,
}: Pick<SelfCriticalConfig, 'objective' | 'klWeight'>): number =>
  klWeight ?? (objective === 'edit-grpo' ? 0.01 : 0);

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
    objective: z
      .enum(POLICY_OBJECTIVES)
      .nullable()
      .default(null)
      .describe(
        'How samples are learned from, by `@raca/objectives`, with advantages of its own (`baseline` and `standardise` do not act). ' +
          '`edit-grpo` also corrects half of the samples by sentences of the report. null: −advantage · ln p, a mean over tokens.',
      ),
    clip: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe(
        'How far from 1 the ratio of a token’s probabilities counts, of `rloo` and the three GRPOs; acts from the second pass on. ' +
          'Absent: 0.2, for `rloo` none.',
      ),
    klWeight: z
      .number()
      .min(0)
      .optional()
      .describe(
        'Weight of the distance (k3) to the model that the run started from (`--init`), of `rloo` and the three GRPOs. ' +
          'Absent: 0, for `edit-grpo` 0.01.',
      ),
    passes: z
      .int()
      .positive()
      .max(LARGEST.rounds)
      .default(1)
      .describe(
        'How often each batch of samples is learned from; more than 1 needs an objective that clips.',
      ),
  })
  .refine(({ baseline, samples }) => baseline === 'greedy' || samples > 1, {
    path: ['samples'],
    message: 'expected at least 2 for the baseline "others"',
  })
  .superRefine(({ objective, samples, baseline, clip, klWeight, passes }, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const found = objective === null ? 'no objective' : `"${objective}"`;
    const compares = objective !== null && objective !== 'scst';
    if (compares && samples < 2) refuse('samples', `expected at least 2 for ${found}, found ${samples}`);
    if (objective !== null && baseline !== 'greedy')
      refuse('baseline', `expected none beside an objective, which has its own, found "${baseline}"`);
    if (clip !== undefined && !compares)
      refuse('clip', `expected an objective that clips (rloo, grpo, dr-grpo, edit-grpo), found ${found}`);
    if ((klWeight ?? 0) > 0 && !compares)
      refuse(
        'klWeight',
        `expected an objective with a reference (rloo, grpo, dr-grpo, edit-grpo), found ${found}`,
      );
    if (passes > 1 && (!compares || (objective === 'rloo' && clip === undefined)))
      refuse('passes', `expected 1 unless the objective clips, found ${passes} with ${found}`);
  });
export type SelfCriticalConfig = z.output<typeof selfCriticalSchema>;
