import { LARGEST } from '@raca/core';
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
