import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { CHEXPERT_FINDINGS } from './chexpert-findings';

/** Where the classifier looks. */
const POOLS = ['mean', 'attention', 'regions'] as const;

/** Options of {@link findingHead}. */
export const findingHeadConfigSchema = z
  .strictObject({
    width: z
      .int()
      .positive()
      .max(LARGEST.width)
      .default(512)
      .describe('d, width of the patches and of the memory.'),
    regions: z.int().positive().max(LARGEST.regions).default(12).describe('r, number of regions.'),
    findings: z
      .array(z.string().min(1))
      .min(1)
      .max(LARGEST.regions)
      .default([...CHEXPERT_FINDINGS])
      .describe('Names of the findings; labels of training are matched by name.')
      .refine((names) => new Set(names).size === names.length, { error: 'a finding is named twice' }),
    pool: z
      .array(z.enum(POOLS))
      .min(1)
      .default([...POOLS])
      .describe(
        'What a finding is read from. `mean`: the mean patch. `attention`: a mean of patches weighed by a query of the finding’s ' +
          'own. `regions`: a mean of the regions’ mean patches, weighed by a query and by how much the finding belongs to each region.',
      )
      .refine((pools) => new Set(pools).size === pools.length, { error: 'a pool is named twice' }),
    tell: z
      .enum(['added', 'placed', 'gated', 'tokens', 'prefix', 'none'])
      .default('added')
      .describe(
        'How the decoder learns the states. `added`: their vectors are summed and added to every place of the memory. `placed`: the ' +
          'same, each as strongly as the finding looks at the patch, so that the decoder has to look where the finding is; needs the pool `attention`. `gated`: the ' +
          'same, but every place chooses which findings it hears. `tokens`: one more place of the memory a finding. `prefix`: one word a ' +
          'finding before the report (PromptMRG), for decoders that read a prefix. `none`: it does not; the loss alone trains the encoder.',
      ),
    states: z
      .enum(['soft', 'hard', 'thresholds'])
      .default('soft')
      .describe(
        'What the head says of its own opinion. `soft`: probabilities, through which the decoder’s gradient flows. `hard`: the most ' +
          'probable state. `thresholds`: positive from a probability of its own for each finding, set from validation after each ' +
          'epoch of `raca train` (0.5 before the first); else the most probable other state.',
      ),
    gold: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe(
        'Share of the studies of training that are told the true states; the others are told the head’s own.',
      ),
    loss: z
      .enum(['states', 'binary'])
      .default('states')
      .describe(
        '`states`: cross-entropy over the four states. `binary`: of positive against blank and negative; uncertain ones are left out (FITA).',
      ),
    weights: z
      .union([z.enum(['none', 'balanced']), z.record(z.string(), z.number().positive())])
      .default('none')
      .describe(
        'Weights in the loss. `balanced`: by `frequencies`, positive as much as all else, up to 10 each. Or by finding: how much its ' +
          'positive state weighs; 1 where absent.',
      ),
    frequencies: z
      .record(z.string(), z.number().gt(0).lt(1))
      .default({})
      .describe(
        'Share of the training reports in which each finding is positive, for `weights: balanced` and `adjustment`. `raca train` ' +
          'counts those that a config leaves out.',
      ),
    adjustment: z
      .enum(['none', 'static', 'adaptive'])
      .default('none')
      .describe(
        'PromptMRG’s ln π, added to the positive logit in the loss. `static`: π is `frequencies` over the largest. `adaptive`: π starts ' +
          'so, and what validation says replaces it after each epoch, so that validation feeds training; `run.json` says so.',
      ),
  })
  .superRefine(({ findings, weights, frequencies, tell, pool }, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (tell === 'placed' && !pool.includes('attention'))
      refuse('pool', 'expected "attention" among them beside tell: placed, found none');
    const unknownIn = (record: Readonly<Record<string, number>>): string | undefined =>
      Object.keys(record).find((name) => !findings.includes(name));
    const stranger = unknownIn(frequencies);
    if (stranger !== undefined)
      refuse('frequencies', `expected names of findings, found ${JSON.stringify(stranger)}`);
    if (typeof weights === 'object') {
      const unknown = unknownIn(weights);
      if (unknown !== undefined)
        refuse('weights', `expected names of findings, found ${JSON.stringify(unknown)}`);
    }
  });

/** Config of {@link findingHead}; every field has a default. */
export type FindingHeadConfig = z.input<typeof findingHeadConfigSchema>;

/** Options with their defaults. */
export type FindingHeadOptions = z.output<typeof findingHeadConfigSchema>;

/**
 * Findings that a head needs a frequency of and has none. A config may leave them out before training, which counts them.
 * @param options with defaults
 */
export function missingFrequencies({
  findings,
  weights,
  adjustment,
  frequencies,
}: Pick<FindingHeadOptions, 'findings' | 'weights' | 'adjustment' | 'frequencies'>): string[] {
  if (weights !== 'balanced' && adjustment === 'none') return [];
  return findings.filter((name) => !Object.hasOwn(frequencies, name));
}
