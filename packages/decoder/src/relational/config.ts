import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { transformerDecoderConfigSchema } from '../config';

/** Options of {@link relationalMemoryDecoder}: those of the Transformer decoder and the memory's. */
export const relationalMemoryDecoderConfigSchema = transformerDecoderConfigSchema
  .safeExtend({
    slots: z.int().positive().max(LARGEST.memoryRows).default(3).describe('s: rows of the memory.'),
    memoryHeads: z
      .int()
      .positive()
      .max(LARGEST.heads)
      .optional()
      .describe('Heads of the memory’s attention; must divide `width`. Absent: as many as `heads`.'),
  })
  .refine((c) => c.width % (c.memoryHeads ?? c.heads) === 0, {
    error: 'memoryHeads must divide width',
    path: ['memoryHeads'],
  })
  .transform((c) => ({ ...c, memoryHeads: c.memoryHeads ?? c.heads }));

/** Config of {@link relationalMemoryDecoder}; every field but the vocabulary has a default. */
export type RelationalMemoryDecoderConfig = z.input<typeof relationalMemoryDecoderConfigSchema>;

/** The same with its defaults filled in. */
export type ParsedRelationalConfig = z.output<typeof relationalMemoryDecoderConfigSchema>;
