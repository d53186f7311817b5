import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { transformerDecoderConfigSchema } from '../config';

/** Options of {@link memoryMatrixDecoder}: those of the Transformer decoder and the memory's. */
export const memoryMatrixDecoderConfigSchema = transformerDecoderConfigSchema.safeExtend({
  memoryRows: z
    .int()
    .positive()
    .max(LARGEST.memoryRows)
    .default(2048)
    .describe('m: rows of the memory matrix.'),
  topK: z.int().positive().max(LARGEST.memoryRows).default(32).describe('Rows that answer each head.'),
  visualLayers: z
    .int()
    .nonnegative()
    .max(LARGEST.layers)
    .default(0)
    .describe(
      'Layers of a visual Transformer, with sinusoidal positions, behind the memory’s answers. 0: the decoder reads patches ' +
        'plus answers, and the vision module has encoded them before. R2GenCMN has 3 here and none before.',
    ),
});

/** Config of {@link memoryMatrixDecoder}; every field but the vocabulary has a default. */
export type MemoryMatrixDecoderConfig = z.input<typeof memoryMatrixDecoderConfigSchema>;

/** The same with its defaults filled in. */
export type ParsedMemoryMatrixConfig = z.output<typeof memoryMatrixDecoderConfigSchema>;
