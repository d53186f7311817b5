import { CONTEXT_FIELDS, LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of a text encoder, without those of the module around it. */
export const textFields = {
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the places.'),
  vocabularySize: z
    .int()
    .positive()
    .max(LARGEST.words)
    .default(1000)
    .describe('V, words of the texts + 1; filled in by the model.'),
  maxLength: z
    .int()
    .positive()
    .max(LARGEST.tokens)
    .default(60)
    .describe('Most tokens read of a text; the rest of a longer one is left out.'),
  heads: z
    .int()
    .positive()
    .max(LARGEST.heads)
    .default(8)
    .describe('Attention heads of the text encoder; must divide `width`.'),
  feedForward: z
    .int()
    .positive()
    .max(LARGEST.feedForward)
    .default(512)
    .describe('Width of the text encoder’s feed-forward layers.'),
  layers: z
    .int()
    .min(0)
    .max(LARGEST.layers)
    .default(1)
    .describe('Layers of the text encoder. 0: words with their positions, normalised.'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('Dropout of all layers in training.'),
};

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
