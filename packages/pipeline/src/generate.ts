import { INFERENCE, type Memory, type Pass, type RegionMasks, type StudyInput, tidyRead } from '@raca/core';
import { generate, TRIGRAM_PENALTY } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingConfig } from './config';
import type { Encoded, Raca, Readable } from './model';
import { wordLogProbabilities } from './word-probabilities';

/** How reports are written. */
export type GenerationOptions = Omit<TrainingConfig['generation'], 'unknown'> & {
  /** Whether `<unk>` may be written; false. */
  readonly unknown?: boolean;
  /** Longest report in tokens. */
  readonly maxLength: number;
};

/** Studies as the decoder's side of a model sees them. */
export interface EncodedStudies extends Encoded {
  /** The agent's deterministic masks. */
  readonly regions: RegionMasks;
  /** Frees features, context and regions. */
  dispose(): void;
}

/** Reports of one batch and what they were written from. */
export interface WrittenReports extends EncodedStudies {
  /** Word ids of each report. */
  readonly tokens: readonly (readonly number[])[];
  /** Sum of log-probabilities of each report. */
  readonly scores: readonly number[];
  /** Probabilities of the findings' states, `[b, c, s]` row by row; null without a finding head. */
  readonly states: Float32Array | null;
}

/** Reports, and how sure the model is of their words. */
export interface JudgedReports extends WrittenReports {
  /** Of each report ln p of its words, as the model reads it again; without the end and penalties. */
  readonly words: readonly Float32Array[];
}

/** Encodes studies, and lets the agent act once a study. No gradient goes through. */
export function encodeStudies(model: Raca, study: StudyInput, pass: Pass = INFERENCE): EncodedStudies {
  const encoded = outliving(() => model.encode(study, pass), tensorsOf);
  const regions = model.locate(encoded);
  const dispose = (): void => tf.dispose([...tensorsOf(encoded), regions.masks, regions.probabilities]);
  return { ...encoded, regions, dispose };
}

/** Writes a report for each study. The agent acts once a study, by its deterministic masks. */
export const writeReports = (
  model: Raca,
  study: StudyInput,
  options: GenerationOptions,
): Promise<WrittenReports> => written(model, study, options, () => ({}));

/** {@link writeReports}, and one more pass of the decoder that says how sure the model is of each word. */
export const writeJudgedReports = (
  model: Raca,
  study: StudyInput,
  options: GenerationOptions,
): Promise<JudgedReports> =>
  written(model, study, options, (readable, tokens) => ({
    words: wordLogProbabilities(model, readable, tokens, options.maxLength),
  }));

/** @param more what else is asked of the model about the reports */
async function written<T extends object>(
  model: Raca,
  study: StudyInput,
  options: GenerationOptions,
  more: (readable: Readable, tokens: WrittenReports['tokens']) => T,
): Promise<WrittenReports & T> {
  const encoded = encodeStudies(model, study);
  const readable = readableOf(model, encoded);
  try {
    const reports = await writeFrom(model, readable, options);
    return { ...reports, states: statesOf(readable), ...encoded, ...more(readable, reports.tokens) };
  } catch (error) {
    encoded.dispose();
    throw error;
  } finally {
    disposeReadable(readable);
  }
}

/** What the decoder writes encoded studies' reports from; the caller frees it by {@link disposeReadable}. */
export const readableOf = (
  model: Raca,
  encoded: Encoded & Pick<EncodedStudies, 'regions'>,
  pass: Pass = INFERENCE,
): Readable => outliving(() => cloned(model.read(encoded, encoded.regions, pass)), tensorsOfReadable);

/** Softmax of the finding head's logits, `[b, c, s]`; null without a head. */
export const statesOf = ({ reading }: Pick<Readable, 'reading'>): Float32Array | null =>
  reading && tidyRead(() => tf.softmax(reading.logits).dataSync().slice() as Float32Array);

/** Frees what {@link readableOf} gave. */
export const disposeReadable = (readable: Readable): void => tf.dispose(tensorsOfReadable(readable));

/** Writes a report for each study of what is read, which stays the caller's. */
export function writeFrom(
  model: Raca,
  { memory, prefix }: Pick<Readable, 'memory' | 'prefix'>,
  {
    search,
    beam,
    groups,
    diversity,
    trigramPenalty,
    lengthPenalty,
    unknown = false,
    maxLength,
  }: GenerationOptions,
): Promise<Pick<WrittenReports, 'tokens' | 'scores'>> {
  return generate(model.parts.decoder, memory, {
    method: search,
    ...{ beam, groups, diversity },
    maxLength,
    trigramPenalty: trigramPenalty ? TRIGRAM_PENALTY : 0,
    lengthPenalty,
    forbidden: forbiddenWords(model, unknown),
    ...(prefix && { prefix }),
  });
}

/** Ids that are never written. @param unknown whether `<unk>` may be */
export const forbiddenWords = (model: Pick<Raca, 'unknown'>, unknown: boolean): number[] =>
  unknown || model.unknown === null ? [] : [model.unknown];

/** Runs in a scope that only the tensors of the result outlive. */
function outliving<T>(run: () => T, tensors: (made: T) => tf.Tensor[]): T {
  let made: T | undefined;
  tf.tidy(() => {
    made = run();
    return tensors(made);
  });
  return made!;
}

/** All tensors that encoded studies own. */
export const tensorsOf = ({ features: { patches, present }, context }: Encoded): tf.Tensor[] => [
  patches,
  ...(present ? [present] : []),
  ...(context ? memoryTensors(context) : []),
];

const memoryTensors = ({ tokens, present }: Memory): tf.Tensor[] => (present ? [tokens, present] : [tokens]);

const tensorsOfReadable = ({ memory, prefix, reading }: Readable): tf.Tensor[] => [
  ...memoryTensors(memory),
  ...(prefix ? [prefix] : []),
  ...(reading ? [reading.logits] : []),
];

/** The same values in tensors of their own: the encoded studies may go first. */
function cloned({ memory, prefix, reading }: Readable): Readable {
  return {
    memory: {
      ...memory,
      tokens: tf.clone(memory.tokens),
      present: memory.present && tf.clone(memory.present),
    },
    prefix: prefix && tf.clone(prefix),
    reading: reading && { logits: tf.clone(reading.logits) },
  };
}
