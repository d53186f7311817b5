import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of {@link uarAlignment}. */
export const uarAlignmentConfigSchema = z
  .strictObject({
    width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of tokens and patches.'),
    heads: z
      .int()
      .positive()
      .max(LARGEST.heads)
      .default(8)
      .describe('Heads with which tokens and patches attend to the basis; must divide `width`.'),
    basis: z
      .int()
      .positive()
      .max(LARGEST.memoryRows)
      .default(2048)
      .describe('Vectors of the basis. Up to `width` of them are orthonormal; of more, the columns are.'),
    margin: z
      .number()
      .nonnegative()
      .default(0.2)
      .describe('By how much a pair has to be more alike than its most similar wrong pair, in cosines.'),
    calibrated: z
      .boolean()
      .default(false)
      .describe(
        'Whether words also attend to the patches through a learned mask, and what they see has to find their report: losses ' +
          '`refined` and `mask`.',
      ),
    sharpness: z
      .number()
      .positive()
      .default(1000)
      .describe('k, how much an open place of the mask adds to the scores of attention, before / √d.'),
    maxLength: z
      .int()
      .positive()
      .max(LARGEST.tokens)
      .default(100)
      .describe('Rows of the mask: longest report in tokens, the leading 0 included.'),
    patches: z
      .int()
      .positive()
      .max(LARGEST.patches)
      .default(98)
      .describe('Columns of the mask: patches of a study, all views together.'),
  })
  .refine((c) => c.width % c.heads === 0, { error: 'heads must divide width', path: ['heads'] });

/** Config of {@link uarAlignment}; every field has a default. */
export type UarAlignmentConfig = z.input<typeof uarAlignmentConfigSchema>;
