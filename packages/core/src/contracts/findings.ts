import type { Scalar, Tensor3D } from '@tensorflow/tfjs-core';
import type { LossInput } from './losses';
import type { Memory } from './memory';
import type { Module, Pass } from './module';
import type { PatchFeatures } from './vision';

/** States of a finding in a report: not mentioned, present, denied, doubtful (CheXpert, arXiv:1901.07031). */
export const FINDING_STATES = ['blank', 'positive', 'negative', 'uncertain'] as const;
export type FindingState = (typeof FINDING_STATES)[number];

/** What reports say of each finding. Axes: b studies, c findings. */
export interface FindingLabels {
  /** Names of the findings, c. */
  readonly names: readonly string[];
  /** Places in {@link FINDING_STATES}, `[b, c]` row by row. */
  readonly states: Uint8Array;
}

/** What a finding head reads. */
export interface FindingInput {
  readonly features: PatchFeatures;
  /** `[b, r, p]`, each 0 or 1. */
  readonly masks: Tensor3D;
  /** What the decoder would read without the head. */
  readonly memory: Memory;
  /** The truth, in training alone: a head may teach the decoder with it instead of with its own opinion. */
  readonly labels?: FindingLabels;
}

/** What a finding head says. s = states. */
export interface FindingReading {
  /** `[b, c, s]`, in the order of {@link FINDING_STATES}. */
  readonly logits: Tensor3D;
  /** What the decoder reads instead of the memory given. */
  readonly memory?: Memory;
  /** Embedded words that the decoder reads before the report, `[b, q, d]`. */
  readonly prefix?: Tensor3D;
}

/** What a head says of studies that it was not trained on, and the truth of them. Axes: n studies, c findings, s states. */
export interface FindingScores {
  /** Softmax of the logits, `[n, c, s]` row by row. */
  readonly probabilities: Float32Array;
  readonly labels: FindingLabels;
}

/** Tells which findings a study shows, and lets the decoder know. */
export interface FindingHead extends Module {
  /** Names of the findings, c. */
  readonly findings: readonly string[];
  read(input: FindingInput, pass: Pass): FindingReading;
  /** Losses of the reading in `input.reading` against `input.labels`. */
  losses(input: LossInput, pass: Pass): Record<string, Scalar>;
  /** Takes over what is learned from validation, such as thresholds; kept in weights that are not trained. */
  calibrate?(scores: FindingScores): void;
}
