import { EVALUATION, type Pass, type Random, type RegionMasks, type TokenBatch } from '@raca/core';
import { type GenerateOptions, generate } from '@raca/decoder';
import type { Reward } from '@raca/metrics';
import { policyLoss } from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { disposeReadable, encodeStudies, forbiddenWords, readableOf } from './generate';
import { type Encoded, type ModelBatch, type Raca, type Readable, withoutLast } from './model';
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
}

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
    const texts = [...drawn.tokens, ...greedy.tokens].map(decode);
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
    return {
      tokens: rowsOf(drawn.tokens, maxLength),
      advantages: Float32Array.from(ofSamples, (x, i) => (x - baseline(i)) / unit),
      scores: drawn.scores,
      sampled: mean(ofSamples),
      greedy: mean(ofGreedy),
    };
  } finally {
    disposeReadable(readable);
    if (repeated !== readable) disposeReadable(repeated);
  }
}

/** {@link policyLoss} of a batch's rollouts; dropout as in `Raca.logitsOf`. @param regions without history */
export function rolloutLoss(
  model: Raca,
  encoded: Encoded,
  regions: RegionMasks,
  { tokens, advantages }: Rollouts,
  pass: Pass,
): tf.Scalar {
  const own: Pass = pass.training ? { training: true, random: pass.random.split('decoder') } : pass;
  const readable = model.read(encoded, regions, own);
  const k = tokens.shape[0] / readable.memory.tokens.shape[0];
  const logits = model.forced(k === 1 ? readable : repeatedRows(readable, k), withoutLast(tokens), own);
  return policyLoss(logits, tokens, advantages);
}

/** Texts of a batch's token rows. */
export function referencesOf(
  { ids, shape: [b, t] }: TokenBatch,
  decode: (ids: ArrayLike<number>) => string,
): string[] {
  return Array.from({ length: b }, (_, i) => decode(ids.subarray(i * t + 1, (i + 1) * t)));
}

/** {@link repeatedRows} whose tensors are the caller's to free. */
function repeatedReadable(readable: Readable, k: number): Readable {
  let made: Readable | undefined;
  tf.tidy(() => {
    made = repeatedRows(readable, k);
    const { memory, prefix } = made;
    return [memory.tokens, ...(memory.present ? [memory.present] : []), ...(prefix ? [prefix] : [])];
  });
  return made!;
}

/** What each of b studies is written from, k times in a row. */
function repeatedRows({ memory: { tokens, present, parts }, prefix }: Readable, k: number): Readable {
  const memory = { tokens: repeatRows(tokens, k), present: present && repeatRows(present, k), parts };
  return { memory, prefix: prefix && repeatRows(prefix, k), reading: null };
}

/** `[b, …]` → `[b·k, …]`, each row k times. */
function repeatRows<T extends tf.Tensor>(x: T, k: number): T {
  const [b, ...rest] = x.shape;
  const ones = rest.map(() => 1);
  return tf.reshape(tf.tile(tf.reshape(x, [b, 1, ...rest]), [1, k, ...ones]), [b * k, ...rest]) as T;
}

const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** Standard deviation; 1 where all are equal. */
function deviation(xs: readonly number[]): number {
  const m = mean(xs);
  const sd = Math.sqrt(mean(xs.map((x) => (x - m) ** 2)));
  return sd > 1e-6 ? sd : 1;
}
