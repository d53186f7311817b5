import { EVALUATION, type Pass, type Random, type RegionMasks, type TokenBatch } from '@raca/core';
import { type GenerateOptions, generate } from '@raca/decoder';
import type { Reward } from '@raca/metrics';
import { type Objective, policyLoss, type SampledReports, tokenLogProbabilities } from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { disposeReadable, encodeStudies, forbiddenWords, readableOf } from './generate';
import { type Encoded, type ModelBatch, type Raca, type Readable, withoutLast } from './model';
import { repeatedReadable, repeatedRows } from './readable-rows';
import { reportLogProbabilities } from './report-log-probabilities';
import type { SelfCriticalConfig } from './self-critical-config';
import { rowsOf } from './word-probabilities';

/** Sampled reports of a batch and how much better than a baseline they are. Axes: b studies, k samples a study. */
export interface Rollouts {
  /** `[b·k, t]`, the k samples of a study side by side. */
  readonly tokens: TokenBatch;
  /** Reward of each sample minus its baseline, `[b·k]`; standardised if so configured. */
  readonly advantages: Float32Array;
  /** Sum of each sample's log-probabilities as it was drawn, `[b·k]`. */
  readonly scores: readonly number[];
  /** Mean reward of the samples. */
  readonly sampled: number;
  /** Mean reward of the greedy reports. */
  readonly greedy: number;
  /** k */
  readonly samples: number;
  /** Of the samples, `[b·k]`. */
  readonly rewards: readonly number[];
  /** Of the greedy reports, `[b]`. */
  readonly greedyRewards: readonly number[];
  /** ln p of each token under the frozen model, `[b·k, t − 1]` row by row; null without one. */
  readonly reference: Float32Array | null;
  /** Mean length of the samples in words. */
  readonly length: number;
  /** Share of the samples that no sample before them equals. */
  readonly distinct: number;
}

/** What {@link rollOut} needs beside model and batch. */
export interface RolloutOptions extends Pick<SelfCriticalConfig, 'samples' | 'baseline' | 'standardise'> {
  readonly reward: Reward;
  /** Longest report in tokens. */
  readonly maxLength: number;
  readonly decode: (ids: ArrayLike<number>) => string;
  readonly random: Random;
  /** Whether `<unk>` may be written, false. */
  readonly unknown?: boolean;
  /** Changes a study's samples by its own report, before they are rewarded: {@link sampleEditor}. */
  readonly edit?: SampleEditor;
  /** A frozen model that is asked how probable the samples are. */
  readonly reference?: Raca | null;
}

/** The k samples of a study as they are learned from. @param own words of the study's own report */
export type SampleEditor = (
  samples: readonly (readonly number[])[],
  own: readonly number[],
  random: Random,
) => number[][];

/**
 * Writes reports for the studies of a batch with the model as it stands (no dropout), by sampling and greedily, and
 * rewards both. Cached decoding; no gradient is recorded: {@link policyLoss} reads the samples again by teacher forcing.
 * @see Rennie et al., Self-critical sequence training for image captioning, CVPR 2017; for the other samples as
 * baseline Luo, arXiv:2003.09971
 */
export async function rollOut(model: Raca, batch: ModelBatch, options: RolloutOptions): Promise<Rollouts> {
  const { reward, maxLength, decode, random, samples: k, unknown = false } = options;
  const common = { maxLength, forbidden: forbiddenWords(model, unknown) };
  const { decoder } = model.parts;
  const encoded = encodeStudies(model, batch.study, EVALUATION);
  const readable = readableOf(model, encoded, EVALUATION);
  encoded.dispose();
  const repeated = k === 1 ? readable : repeatedReadable(readable, k);
  try {
    const read = ({ memory, prefix }: Readable, options: GenerateOptions) =>
      generate(decoder, memory, { ...options, ...(prefix && { prefix }) });
    const greedy = await read(readable, { method: 'greedy', ...common });
    const drawn = await read(repeated, { method: 'sample', ...common, random });
    const references = referencesOf(batch.tokens, decode);
    const written = edited(drawn.tokens, batch.tokens, options);
    const texts = [...written, ...greedy.tokens].map(decode);
    const repeatedReferences = references.flatMap((text) => new Array<string>(k).fill(text));
    const rewards = reward([...repeatedReferences, ...references], texts);
    const ofSamples = rewards.slice(0, drawn.tokens.length);
    const ofGreedy = rewards.slice(drawn.tokens.length);
    const studies = ofGreedy.map((_, b) => mean(ofSamples.slice(b * k, (b + 1) * k)));
    const baseline = (i: number): number => {
      const b = Math.floor(i / k);
      return options.baseline === 'greedy' ? ofGreedy[b] : (studies[b] * k - ofSamples[i]) / (k - 1);
    };
    const unit = options.standardise ? deviation(ofSamples) : 1;
    const tokens = rowsOf(written, maxLength);
    return {
      tokens,
      advantages: Float32Array.from(ofSamples, (x, i) => (x - baseline(i)) / unit),
      scores: drawn.scores,
      sampled: mean(ofSamples),
      greedy: mean(ofGreedy),
      samples: k,
      rewards: ofSamples,
      greedyRewards: ofGreedy,
      reference: options.reference ? reportLogProbabilities(options.reference, batch.study, tokens) : null,
      length: mean(written.map((words) => words.length)),
      distinct: new Set(written.map((words) => words.join(' '))).size / written.length,
    };
  } finally {
    disposeReadable(readable);
    if (repeated !== readable) disposeReadable(repeated);
  }
}

/** What {@link rolloutLoss} makes of the samples. */
export interface RolloutLearning {
  /** Null: {@link policyLoss} of the advantages. */
  readonly objective?: Objective<SampledReports> | null;
  /** ln p of the tokens before the samples were first learned from, `[b·k, t − 1]`; null: as the model stands. */
  readonly old?: Float32Array | null;
  /** Told the same as of now. */
  readonly onPolicy?: (logProbabilities: Float32Array) => void;
}

/** The loss of a batch's rollouts; dropout as in `Raca.logitsOf`. @param regions without history */
export function rolloutLoss(
  model: Raca,
  encoded: Encoded,
  regions: RegionMasks,
  rollouts: Rollouts,
  pass: Pass,
  { objective = null, old = null, onPolicy }: RolloutLearning = {},
): tf.Scalar {
  const own: Pass = pass.training ? { training: true, random: pass.random.split('decoder') } : pass;
  const readable = model.read(encoded, regions, own);
  const { tokens, samples: k, rewards, greedyRewards, reference } = rollouts;
  const logits = model.forced(k === 1 ? readable : repeatedRows(readable, k), withoutLast(tokens), own);
  if (!objective) return policyLoss(logits, tokens, rollouts.advantages);
  const { policy, mask } = tokenLogProbabilities(logits, tokens);
  onPolicy?.(policy.dataSync().slice() as Float32Array);
  const constant = (values: Float32Array): tf.Tensor2D => tf.tensor2d(values, policy.shape);
  return objective({
    ...{ policy, mask, rewards, samples: k, greedyRewards },
    ...(reference && { reference: constant(reference) }),
    ...(old && { old: constant(old) }),
  });
}

/** Samples as they are learned from, k a study. */
function edited(
  drawn: readonly number[][],
  { ids, shape: [, t] }: TokenBatch,
  { edit, samples: k, random, maxLength }: RolloutOptions,
): number[][] {
  if (!edit) return [...drawn];
  const studies = Array.from({ length: drawn.length / k }, (_, i) => {
    const own = [...ids.subarray(i * t + 1, (i + 1) * t)].filter((id) => id > 0);
    return edit(drawn.slice(i * k, (i + 1) * k), own, random.split(`edit ${i}`));
  });
  return studies.flat().map((words) => words.slice(0, maxLength));
}

/** Texts of a batch's token rows. */
export function referencesOf(
  { ids, shape: [b, t] }: TokenBatch,
  decode: (ids: ArrayLike<number>) => string,
): string[] {
  return Array.from({ length: b }, (_, i) => decode(ids.subarray(i * t + 1, (i + 1) * t)));
}

const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** Standard deviation; 1 where all are equal. */
function deviation(xs: readonly number[]): number {
  const m = mean(xs);
  const sd = Math.sqrt(mean(xs.map((x) => (x - m) ** 2)));
  return sd > 1e-6 ? sd : 1;
}
