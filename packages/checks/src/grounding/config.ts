import { LARGEST } from '@raca/core';
import { z } from 'zod';

/** Options of {@link phraseChecker}. */
export const phraseCheckerConfigSchema = z.strictObject({
  width: z.int().positive().max(LARGEST.width).describe('d: width of the patches.'),
  findings: z
    .array(z.string().min(1))
    .min(1)
    .refine((names) => new Set(names).size === names.length, { error: 'each finding once' })
    .describe('Names of the findings that are told apart, c.'),
  regions: z.int().positive().max(LARGEST.regions).default(12).describe('r: regions of the masks.'),
  hidden: z.int().positive().max(LARGEST.width).default(64).describe('Width of the two hidden layers.'),
});

/** Config of {@link phraseChecker}. */
export type PhraseCheckerConfig = z.input<typeof phraseCheckerConfigSchema>;
export type PhraseCheckerOptions = z.output<typeof phraseCheckerConfigSchema>;
