import { z } from 'zod';

/** Options of {@link contrastiveAlignment}. */
export const alignmentConfigSchema = z.strictObject({
  /**
   * `published`: dot products without normalisation in the global loss, regions pooled over all patches, a report
   * with an empty sentence left out of the local loss. `raca`: cosines, regions pooled over their own patches,
   * empty sentences dropped, sentence vectors without position 0.
   */
  variant: z.enum(['raca', 'published']).default('raca'),
  /** d, width of tokens and patches. */
  width: z.int().positive().default(512),
  /** Width in which text and image are compared. */
  projection: z.int().positive().default(256),
  layers: z.int().nonnegative().default(3),
  heads: z.int().positive().default(8),
  feedForward: z.int().positive().default(512),
  dropout: z.number().min(0).lt(1).default(0.1),
  globalTemperature: z.number().positive().default(0.07),
  localTemperature: z.number().positive().default(0.1),
  /** Whether there is a loss between reports and images. */
  global: z.boolean().default(true),
  /** Whether there is a loss between sentences and regions of one image. */
  local: z.boolean().default(true),
  /**
   * The loss between sentences and regions: `means` compares, per report, the mean cosine of labelled pairs with that of all
   * others; `sentences` has every sentence find its own regions. Default: `sentences` in `raca`, `means` in `published`.
   */
  localLoss: z.enum(['means', 'sentences']).optional(),
  /**
   * Whether sentences also have to find their own image among the batch's, by the regions they name.
   * Default: in `raca`, not in `published`.
   */
  acrossImages: z.boolean().optional(),
});

/** Config of {@link contrastiveAlignment}; every field has a default. */
export type AlignmentConfig = z.input<typeof alignmentConfigSchema>;
