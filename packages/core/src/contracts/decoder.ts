import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Memory } from './memory';
import type { Module, Pass } from './module';

/** Token ids, row by row; 0 = beginning = end = padding, words from 1. */
export interface TokenBatch {
  /** b · t ids */
  readonly ids: Int32Array;
  /** `[b, t]` */
  readonly shape: readonly [number, number];
}

/** Key/value cache of some partly written reports; the decoder's own. */
export interface DecoderState {
  /** Reports being written. */
  readonly rows: number;
  /** Keeps, repeats or reorders rows in place: afterwards row i is what row `rows[i]` was. */
  select(rows: readonly number[]): void;
  dispose(): void;
}

/** What the decoder reads besides memory and tokens. */
export interface DecodingOptions {
  /**
   * Embedded words before the report, `[b, q, d]`: read as if they had been written, by decoders that can (others throw).
   * They take no logits, and no place of the report's positions.
   */
  readonly prefix?: Tensor3D;
}

/** How reports are begun. */
export interface StartOptions extends DecodingOptions {
  /**
   * Most rows that `select` will ever give one study, when the caller knows (the beam): some decoders are faster then,
   * and may refuse more.
   */
  readonly rowsPerStudy?: number;
}

/** Writes reports from a memory `[b, m, d]`, of any number of places. V = vocabulary + 1 (id 0). */
export interface ReportDecoder extends Module {
  /** V */
  readonly vocabularySize: number;
  /** d */
  readonly width: number;
  /** Scaled token embedding with positions `[b, t, d]`, shared with the text encoder. */
  embed(tokens: TokenBatch, pass: Pass): Tensor3D;
  /** Teacher forcing: logits `[b, t, V]`, position i predicts token i + 1. */
  logits(memory: Memory, tokens: TokenBatch, pass: Pass, options?: DecodingOptions): Tensor3D;
  /** Begins one report a row of the memory, which stays the caller's. The caller disposes the state. */
  start(memory: Memory, options?: StartOptions): DecoderState;
  /** Feeds one token a row, advances the state and returns the next logits `[rows, V]`. Starts with id 0. */
  step(state: DecoderState, tokens: readonly number[] | Int32Array): Tensor2D;
}

/** A decoder that shows where it looks; for analysis, so it costs a pass of its own. */
export interface AttentiveDecoder extends ReportDecoder {
  /**
   * Weights of attention to the memory while a report is read by teacher forcing, as at inference: `[b, t, m]`, the
   * mean over layers and heads; each position's sum to 1. Position i is the one that writes token i + 1.
   * @throws as {@link ReportDecoder.logits}
   */
  attention(memory: Memory, tokens: TokenBatch, options?: DecodingOptions): Tensor3D;
}

export const isAttentiveDecoder = (decoder: ReportDecoder): decoder is AttentiveDecoder =>
  'attention' in decoder;
