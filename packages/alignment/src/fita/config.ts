import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { textFields } from '../config';

/** Options of {@link fitaAlignment}. */
export const fitaAlignmentConfigSchema = textFields.extend({
  temperature: z.number().positive().default(0.07).describe('Divides the cosines of reports and images.'),
  labels: z
    .int()
    .positive()
    .max(LARGEST.regions)
    .default(14)
    .describe('c, findings that the labels of a batch name; 14 of CheXpert.'),
  margin: z
    .number()
    .nonnegative()
    .default(0.5)
    .describe(
      'By how much reports that differ in a finding have to lie farther apart than those that agree.',
    ),
});

/** Config of {@link fitaAlignment}; every field has a default. */
export type FitaAlignmentConfig = z.input<typeof fitaAlignmentConfigSchema>;
