import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { findingHeadConfigSchema } from '../config';

const { width, regions, findings, loss } = findingHeadConfigSchema.shape;

/** Options of {@link symptomHead}. */
export const symptomHeadConfigSchema = z.strictObject({
  width,
  regions,
  findings,
  symptoms: z
    .int()
    .positive()
    .max(LARGEST.regions)
    .default(14)
    .describe('N, learned symptoms that look for their patches, each one more place of the memory.'),
  saliency: z
    .enum(['regions', 'none'])
    .default('regions')
    .describe(
      'What tells a symptom where to look besides the patches themselves. `regions`: the masks of the regions that it belongs to, which is ' +
        'learned. `none`: nothing.',
    ),
  loss,
});

/** Config of {@link symptomHead}; every field has a default. */
export type SymptomHeadConfig = z.input<typeof symptomHeadConfigSchema>;
