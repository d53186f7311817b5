import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of {@link bca}. */
export const bcaConfigSchema = z.strictObject({
  variant: z
    .enum(['raca', 'published'])
    .default('raca')
    .describe(
      'Same equations, other first values. `raca`: every region weighs 1/r in the mix, whose bias and the output’s are 0, so ' +
        'that F starts as G times 1 + the share of regions that select the patch, plus a small update (8 % of G at width ' +
        '96, 2 % at 512). `published`: the mix is a random unit vector, biases are random.',
    ),
  width: z.int().positive().max(LARGEST.width).default(512).describe('d, width of the patches.'),
  attentionWidth: z
    .int()
    .positive()
    .max(LARGEST.width)
    .default(32)
    .describe('h, width of queries, keys and values.'),
  regions: z.int().positive().max(LARGEST.regions).default(12).describe('r, number of regions.'),
  maskGradient: z
    .boolean()
    .default(false)
    .describe(
      'Whether masks get a gradient, for agents whose masks carry one on; costs two more products in the backward pass.',
    ),
});

/** Config of {@link bca}; every field has a default. */
export type BcaConfig = z.input<typeof bcaConfigSchema>;
