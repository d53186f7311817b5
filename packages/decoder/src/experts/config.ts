import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { transformerDecoderConfigSchema } from '../config';

/** Options of {@link expertDecoder}: those of the Transformer decoder and the experts'. */
export const expertDecoderConfigSchema = transformerDecoderConfigSchema
  .safeExtend({
    experts: z
      .int()
      .positive()
      .max(LARGEST.heads)
      .default(8)
      .describe('e: feed-forward layers to choose among.'),
    top: z.int().positive().max(LARGEST.heads).default(2).describe('Experts that each token takes.'),
    balanceRate: z
      .number()
      .min(0)
      .default(1e-4)
      .describe(
        'How far the bias that only the choice sees moves in a training step, up for experts that few tokens took; 0: never.',
      ),
    activation: z
      .enum(['gelu', 'relu'])
      .default('gelu')
      .describe('Between the two matrices of an expert; `gelu` in its tanh form, as published.'),
  })
  .refine((c) => c.top <= c.experts, { error: 'top must be at most experts', path: ['top'] });

/** Config of {@link expertDecoder}; every field but the vocabulary has a default. */
export type ExpertDecoderConfig = z.input<typeof expertDecoderConfigSchema>;

/** The same with its defaults filled in. */
export type ParsedExpertConfig = z.output<typeof expertDecoderConfigSchema>;
