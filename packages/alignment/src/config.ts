import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of {@link contrastiveAlignment} as written; {@link withDefaults} fills in those that depend on the variant. */
export const alignmentFields = z.strictObject({
  variant: z
    .enum(['raca', 'published'])
    .default('raca')
    .describe(
      '`published`: dot products without normalisation in the global loss, regions pooled over all patches, a report with an ' +
        'empty sentence left out of the local loss. `raca`: cosines, regions pooled over their own patches, empty ' +
        'sentences dropped, sentence vectors without position 0.',
    ),
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of tokens and patches.'),
  projection: z
    .int()
    .positive()
    .max(LARGEST.width)
    .default(256)
    .describe('Width in which text and image are compared.'),
  layers: z.int().nonnegative().max(LARGEST.layers).default(3).describe('Layers of the text encoder.'),
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
  dropout: z.number().min(0).lt(1).default(0.1).describe('Dropout of the text encoder in training.'),
  globalTemperature: z
    .number()
    .positive()
    .default(0.07)
    .describe('Divides the similarities of reports and images.'),
  localTemperature: z
    .number()
    .positive()
    .default(0.1)
    .describe('Divides the similarities of sentences and regions.'),
  global: z.boolean().default(true).describe('Whether there is a loss between reports and images.'),
  local: z
    .boolean()
    .default(true)
    .describe('Whether there is a loss between sentences and regions of the same image.'),
  localLoss: z
    .enum(['means', 'sentences'])
    .optional()
    .describe(
      'The loss between sentences and regions: `means` compares, per report, the mean cosine of labelled pairs with that of all ' +
        'others; `sentences` has every sentence find its own regions. Absent: `sentences` in `raca`, `means` in `published`.',
    ),
  acrossImages: z
    .boolean()
    .optional()
    .describe(
      'Whether sentences also have to find their own image among those of the batch, by the regions they name. Absent: true in ' +
        '`raca`, false in `published`.',
    ),
});

/** Options of the text encoder and of the projection, which all alignments of this package share. */
export const textFields = alignmentFields.pick({
  width: true,
  projection: true,
  layers: true,
  heads: true,
  feedForward: true,
  dropout: true,
});

/** Options of {@link contrastiveAlignment}. */
export const alignmentConfigSchema = alignmentFields.transform(withDefaults);

function withDefaults(fields: z.output<typeof alignmentFields>) {
  const published = fields.variant === 'published';
  return {
    ...fields,
    localLoss: fields.localLoss ?? (published ? ('means' as const) : ('sentences' as const)),
    acrossImages: fields.acrossImages ?? !published,
  };
}

/** Config of {@link contrastiveAlignment}; every field has a default. */
export type AlignmentConfig = z.input<typeof alignmentConfigSchema>;
