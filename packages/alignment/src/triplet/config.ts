import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of {@link tripletAlignment}. */
export const tripletAlignmentConfigSchema = z.strictObject({
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
  temperature: z.number().positive().default(0.07).describe('Divides the cosines of reports and images.'),
  margin: z
    .number()
    .positive()
    .max(2)
    .default(0.3)
    .describe('How much nearer, as a cosine, a sentence’s positive has to be than its negative.'),
});

/** Config of {@link tripletAlignment}; every field has a default. */
export type TripletAlignmentConfig = z.input<typeof tripletAlignmentConfigSchema>;
