import { CONTEXT_FIELDS } from '@raca/core';
import { z } from 'zod';
import { textFields } from '../text-fields';

/** Options of {@link studyContext}. */
export const studyContextConfigSchema = z
  .strictObject({
    ...textFields,
    fields: z
      .array(z.enum(CONTEXT_FIELDS))
      .default(['indication'])
      .describe('Texts to read, in the order of their places in the memory.')
      .refine((fields) => new Set(fields).size === fields.length, { error: 'a field is named twice' }),
    prior: z.boolean().default(false).describe('Whether to read the pictures of the earlier study.'),
    change: z
      .enum(['none', 'slots', 'attention'])
      .default('slots')
      .describe(
        'What a place of the earlier study says besides its own patch. `slots`: how the patch of the present study at the same ' +
          'spot differs, where both studies have a view of that kind. `attention`: places are those of the present study, which ask ' +
          'the earlier one (MLRG). `none`: nothing.',
      ),
    hide: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe(
        'Share of texts and earlier studies that are taken as absent in training, so that the model also learns to do without.',
      ),
    exchange: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe(
        'Share of studies that get the texts of another study of the batch in training, so that the model learns to check what it ' +
          'reads against the pictures instead of repeating it.',
      ),
  })
  .refine((c) => c.width % c.heads === 0, { error: 'heads must divide width', path: ['heads'] })
  .refine((c) => c.prior || c.fields.length > 0, {
    error: 'expected a text or the earlier study to read, found neither',
    path: ['fields'],
  });

/** Config of {@link studyContext}; every field has a default. */
export type StudyContextConfig = z.input<typeof studyContextConfigSchema>;

/** Options with their defaults. */
export type StudyContextOptions = z.output<typeof studyContextConfigSchema>;
