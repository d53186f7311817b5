import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of {@link contrastiveAttention}. */
export const contrastiveAttentionConfigSchema = z.strictObject({
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
  attentions: z
    .int()
    .positive()
    .max(LARGEST.heads)
    .default(6)
    .describe('n, attentions that each look for the nearest normal study.'),
  pool: z
    .int()
    .positive()
    .max(LARGEST.memoryRows)
    .default(1000)
    .describe('P, normal studies that are remembered: the last ones of training whose report finds nothing.'),
  global: z
    .boolean()
    .default(false)
    .describe('Whether the decoder also reads the mean patch and its difference, as one more place.'),
});

/** Config of {@link contrastiveAttention}; every field has a default. */
export type ContrastiveAttentionConfig = z.input<typeof contrastiveAttentionConfigSchema>;
