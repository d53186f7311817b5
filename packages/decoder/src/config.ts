import { z } from 'zod';

/** Options of {@link transformerDecoder}. */
export const transformerDecoderConfigSchema = z
  .strictObject({
    /**
     * Same equations, other first values. `published`: every matrix orthogonal, the token table too.
     * `raca`: smaller token vectors and branches, a larger output layer; learns faster (see README).
     */
    variant: z.enum(['raca', 'published']).default('raca'),
    /** d */
    width: z.int().positive().default(512),
    heads: z.int().positive().default(8),
    /** Width of the feed-forward layer. */
    feedForward: z.int().positive().default(512),
    layers: z.int().positive().default(3),
    dropout: z.number().min(0).lt(1).default(0.1),
    /** V: words and `<unk>`, plus 1 for id 0. */
    vocabularySize: z.int().min(2),
    /** Longest sequence in tokens, with the leading 0. */
    maxLength: z.int().positive().default(100),
  })
  .refine((c) => c.width % c.heads === 0, { error: 'heads must divide width', path: ['heads'] });

/** Config of {@link transformerDecoder}; every field but the vocabulary has a default. */
export type TransformerDecoderConfig = z.input<typeof transformerDecoderConfigSchema>;

/** The same with its defaults filled in. */
export type ParsedConfig = z.output<typeof transformerDecoderConfigSchema>;
