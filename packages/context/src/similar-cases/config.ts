import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { textFields } from '../text-fields';

/** Options of {@link similarCases}. */
export const similarCasesConfigSchema = z
  .strictObject({
    ...textFields,
    neighbours: z
      .int()
      .positive()
      .max(LARGEST.reports)
      .default(3)
      .describe('k, similar cases of each study.'),
    places: z
      .enum(['words', 'reports'])
      .default('words')
      .describe('What goes to the decoder: every word of the reports found, or one place a report.'),
  })
  .refine((c) => c.width % c.heads === 0, { error: 'heads must divide width', path: ['heads'] });

/** Config of {@link similarCases}; every field has a default. */
export type SimilarCasesConfig = z.input<typeof similarCasesConfigSchema>;
