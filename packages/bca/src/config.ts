import { z } from 'zod';

/** Options of {@link bca}. */
export const bcaConfigSchema = z.strictObject({
  /**
   * Same equations, other first values. `raca`: every region weighs 1/r and the joined attention enters
   * softly, so that training starts near F = G. `published`: orthogonal matrices and uniform biases.
   */
  variant: z.enum(['raca', 'published']).default('raca'),
  /** d, width of the patches. */
  width: z.int().positive().default(512),
  /** h, width of queries, keys and values. */
  attentionWidth: z.int().positive().default(32),
  /** r */
  regions: z.int().positive().default(12),
});

/** Config of {@link bca}; every field has a default. */
export type BcaConfig = z.input<typeof bcaConfigSchema>;
