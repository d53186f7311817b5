import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of {@link transformerDecoder}. */
export const transformerDecoderConfigSchema = z
  .strictObject({
    variant: z
      .enum(['raca', 'published'])
      .default('raca')
      .describe(
        'Same equations, other first values. `published`: every matrix orthogonal, the token table too. `raca`: smaller ' +
          'token vectors and branches, a larger output layer; learns faster.',
      ),
    width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of tokens and memory.'),
    heads: z.int().positive().max(LARGEST.heads).default(8).describe('Attention heads; must divide `width`.'),
    feedForward: z
      .int()
      .positive()
      .max(LARGEST.feedForward)
      .default(512)
      .describe('Width of the feed-forward layers.'),
    layers: z.int().positive().max(LARGEST.layers).default(3).describe('Layers of the decoder.'),
    dropout: z.number().min(0).lt(1).default(0.1).describe('Dropout of all layers in training.'),
    vocabularySize: z
      .int()
      .min(2)
      .max(LARGEST.words + 1)
      .describe('V: words and `<unk>`, plus 1 for id 0.'),
    maxLength: z
      .int()
      .positive()
      .max(LARGEST.tokens)
      .default(100)
      .describe('Longest sequence in tokens, the leading 0 included.'),
  })
  .refine((c) => c.width % c.heads === 0, { error: 'heads must divide width', path: ['heads'] });

/** Config of {@link transformerDecoder}; every field but the vocabulary has a default. */
export type TransformerDecoderConfig = z.input<typeof transformerDecoderConfigSchema>;

/** The same with its defaults filled in. */
export type ParsedConfig = z.output<typeof transformerDecoderConfigSchema>;
