import { z } from 'zod';

/** Options of {@link tripletAlignment}. */
export const tripletAlignmentConfigSchema = z.strictObject({
  /** d, width of tokens and patches. */
  width: z.int().positive().default(512),
  /** Width in which text and image are compared. */
  projection: z.int().positive().default(256),
  layers: z.int().nonnegative().default(3),
  heads: z.int().positive().default(8),
  feedForward: z.int().positive().default(512),
  dropout: z.number().min(0).lt(1).default(0.1),
  /** Divides the cosines of reports and images. */
  temperature: z.number().positive().default(0.07),
  /** How much nearer, as a cosine, a sentence's positive has to be than its negative. */
  margin: z.number().positive().max(2).default(0.3),
});

/** Config of {@link tripletAlignment}; every field has a default. */
export type TripletAlignmentConfig = z.input<typeof tripletAlignmentConfigSchema>;
