import { z } from 'zod';
import { HEADS_DIVIDE, headsDivide, transformerFields } from '../transformer-fields';

/** Options of {@link frontDoor}. */
export const frontDoorConfigSchema = transformerFields
  .pick({ width: true, heads: true, feedForward: true })
  .extend({
    projections: z
      .boolean()
      .default(false)
      .describe(
        'Whether the two attentions of the front-door step have a matrix for what asks, 1/√d, and a matrix for the result; VLCI has none.',
      ),
  })
  .refine(headsDivide, HEADS_DIVIDE);

/** Config of {@link frontDoor}; every field has a default. */
export type FrontDoorConfig = z.input<typeof frontDoorConfigSchema>;
