import { INFERENCE, type Pass, type PatchFeatures, type RegionMasks, type VisionInput } from '@raca/core';
import { generate, TRIGRAM_PENALTY } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingConfig } from './config';
import type { Raca } from './model';

/** How reports are written. */
export type GenerationOptions = Omit<TrainingConfig['generation'], 'unknown'> & {
  /** Whether `<unk>` may be written; false. */
  readonly unknown?: boolean;
  /** Longest report in tokens. */
  readonly maxLength: number;
};

/** Studies as the decoder's side of a model sees them. */
export interface EncodedStudies {
  /** Encoded patches `[b, p, d]`. */
  readonly features: PatchFeatures;
  /** The agent's deterministic masks. */
  readonly regions: RegionMasks;
  /** Frees both. */
  dispose(): void;
}

/** Reports of one batch and what they were written from. */
export interface WrittenReports extends EncodedStudies {
  /** Word ids of each report. */
  readonly tokens: readonly (readonly number[])[];
  /** Sum of log-probabilities of each report. */
  readonly scores: readonly number[];
}

/** Encodes images, or stored features, and lets the agent act once a study. No gradient goes through. */
export function encodeStudies(model: Raca, input: VisionInput, pass: Pass = INFERENCE): EncodedStudies {
  const features = tidyFeatures(() => model.parts.vision.encode(input, pass));
  const regions = model.locate(features);
  const dispose = (): void => tf.dispose([features.patches, regions.masks, regions.probabilities]);
  return { features, regions, dispose };
}

/** Writes a report for each study. The agent acts once a study, by its deterministic masks. */
export async function writeReports(
  model: Raca,
  input: VisionInput,
  options: GenerationOptions,
): Promise<WrittenReports> {
  const encoded = encodeStudies(model, input);
  const memory = memoryOf(model, encoded);
  try {
    return { ...(await writeFrom(model, memory, options)), ...encoded };
  } catch (error) {
    encoded.dispose();
    throw error;
  } finally {
    memory.dispose();
  }
}

/** What the decoder writes encoded studies' reports from, `[b, p, d]`. */
export const memoryOf = (
  model: Raca,
  { features, regions }: Pick<EncodedStudies, 'features' | 'regions'>,
): tf.Tensor3D => tf.tidy(() => tf.clone(model.memory(features, regions, INFERENCE)));

/** Writes a report for each study of the memory, which stays the caller's. */
export function writeFrom(
  model: Raca,
  memory: tf.Tensor3D,
  { search, beam, trigramPenalty, lengthPenalty, unknown = false, maxLength }: GenerationOptions,
): Promise<Pick<WrittenReports, 'tokens' | 'scores'>> {
  return generate(model.parts.decoder, memory, {
    method: search,
    beam,
    maxLength,
    trigramPenalty: trigramPenalty ? TRIGRAM_PENALTY : 0,
    lengthPenalty,
    forbidden: forbiddenWords(model, unknown),
  });
}

/** Ids that are never written. @param unknown whether `<unk>` may be */
export const forbiddenWords = (model: Pick<Raca, 'unknown'>, unknown: boolean): number[] =>
  unknown || model.unknown === null ? [] : [model.unknown];

function tidyFeatures(run: () => PatchFeatures): PatchFeatures {
  let rest: PatchFeatures | undefined;
  const patches = tf.tidy(() => {
    rest = run();
    return rest.patches;
  });
  return { ...rest!, patches };
}
