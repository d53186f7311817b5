import { z } from 'zod';
import { transformerDecoderConfigSchema } from '../config';

/** Options of {@link relationalMemoryDecoder}: those of the Transformer decoder and the memory's. */
export const relationalMemoryDecoderConfigSchema = transformerDecoderConfigSchema
  .safeExtend({
    /** s: rows of the memory. */
    slots: z.int().positive().default(3),
    /** Heads of the memory's attention; default: as many as the decoder's. */
    memoryHeads: z.int().positive().optional(),
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
