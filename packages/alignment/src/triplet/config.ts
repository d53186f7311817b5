import { z } from 'zod';
import { textFields } from '../config';

/** Options of {@link tripletAlignment}. */
export const tripletAlignmentConfigSchema = textFields.extend({
  temperature: z.number().positive().default(0.07).describe('Divides the cosines of reports and images.'),
  margin: z
    .number()
    .positive()
    .max(2)
    .default(0.3)
    .describe('How much nearer, as a cosine, a sentence’s positive has to be than its negative.'),
});

/** Config of {@link tripletAlignment}; every field has a default. */
export type TripletAlignmentConfig = z.input<typeof tripletAlignmentConfigSchema>;
