import type { Random } from '@raca/core';
import type { z } from 'zod';
import { alignmentFields } from './config';
import { type ContrastiveAlignment, contrastiveAlignment } from './contrastive-alignment';

/** Options of {@link globalAlignment}: those of the contrastive alignment that concern reports and images. */
export const globalAlignmentConfigSchema = alignmentFields.omit({
  global: true,
  local: true,
  localLoss: true,
  acrossImages: true,
  localTemperature: true,
});

/** Config of {@link globalAlignment}; every field has a default. */
export type GlobalAlignmentConfig = z.input<typeof globalAlignmentConfigSchema>;

/**
 * Reports and images only: RACA's alignment without sentences and regions, whose `info` it has. Needs neither masks nor
 * labels of sentences.
 *
 * @throws ZodError if the config is not valid
 */
export const globalAlignment = (config: GlobalAlignmentConfig, random: Random): ContrastiveAlignment =>
  contrastiveAlignment(
    { ...globalAlignmentConfigSchema.parse(config), local: false, acrossImages: false },
    random,
  );
