import { z } from 'zod';
import { textFields } from '../config';

/** Options of {@link multiViewAlignment}. */
export const multiViewAlignmentConfigSchema = textFields.extend({
  temperature: z.number().positive().default(0.5).describe('Divides the cosines of all losses.'),
  images: z
    .enum(['views', 'first'])
    .default('views')
    .describe(
      'What a report is compared with: `views`, every picture of a study, each of which is its own; `first`, the first picture of each study, as ' +
        'MLRG does.',
    ),
  views: z
    .boolean()
    .default(true)
    .describe('Whether there is a loss between the pictures: those of a study have to find each other.'),
  words: z
    .boolean()
    .default(false)
    .describe(
      'Whether there is a loss of words, as in SEI: each attends to the patches, and has to find itself by what it has seen.',
    ),
});

/** Config of {@link multiViewAlignment}; every field has a default. */
export type MultiViewAlignmentConfig = z.input<typeof multiViewAlignmentConfigSchema>;
