import { INFERENCE, type PatchFeatures, type RegionMasks, type VisionInput } from '@raca/core';
import { generate, TRIGRAM_PENALTY } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingConfig } from './config';
import type { Raca } from './model';

/** How reports are written. */
export type GenerationOptions = TrainingConfig['generation'] & {
  /** Longest report in tokens. */
  readonly maxLength: number;
};

/** Reports of one batch and the regions they were written from. */
export interface WrittenReports {
  /** Word ids of each report. */
  readonly tokens: readonly (readonly number[])[];
  /** Sum of log-probabilities of each report. */
  readonly scores: readonly number[];
  /** Encoded patches `[b, p, d]`. */
  readonly features: PatchFeatures;
  readonly regions: RegionMasks;
  /** Frees features and regions. */
  dispose(): void;
}

/** Writes a report for each study. The agent acts once a study, by its deterministic masks. */
export async function writeReports(
  model: Raca,
  input: VisionInput,
  { search, beam, trigramPenalty, lengthPenalty, maxLength }: GenerationOptions,
): Promise<WrittenReports> {
  const features = tidyFeatures(() => model.parts.vision.encode(input, INFERENCE));
  const regions = model.locate(features);
  const dispose = (): void => tf.dispose([features.patches, regions.masks, regions.probabilities]);
  const memory = tf.tidy(() => tf.clone(model.memory(features, regions, INFERENCE)));
  try {
    const written = await generate(model.parts.decoder, memory, {
      method: search,
      beam,
      maxLength,
      trigramPenalty: trigramPenalty ? TRIGRAM_PENALTY : 0,
      lengthPenalty,
    });
    return { ...written, features, regions, dispose };
  } catch (error) {
    dispose();
    throw error;
  } finally {
    memory.dispose();
  }
}

function tidyFeatures(run: () => PatchFeatures): PatchFeatures {
  let rest: PatchFeatures | undefined;
  const patches = tf.tidy(() => {
    rest = run();
    return rest.patches;
  });
  return { ...rest!, patches };
}
