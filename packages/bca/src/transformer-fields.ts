import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of fusions that are Transformers over patches. */
export const transformerFields = z.strictObject({
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
  heads: z.int().positive().max(LARGEST.heads).default(8).describe('Attention heads; must divide `width`.'),
  feedForward: z
    .int()
    .positive()
    .max(LARGEST.feedForward)
    .default(512)
    .describe('Width of the feed-forward layers.'),
  layers: z.int().positive().max(LARGEST.layers).default(3).describe('Layers of the Transformer.'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('Dropout of all layers in training.'),
});

/** For `refine`: whether the heads divide the width. */
export const headsDivide = ({ width, heads }: { readonly width: number; readonly heads: number }): boolean =>
  width % heads === 0;
export const HEADS_DIVIDE = { error: 'heads must divide width', path: ['heads'] };
