import type { Scalar, Tensor3D } from '@tensorflow/tfjs-core';
import type { TokenBatch } from './decoder';
import type { Module, Pass } from './module';

/** A batch as the alignment sees it. Axes: b batch, p patches, r = 12 regions, t tokens, d width. */
export interface AlignmentInput {
  readonly tokens: TokenBatch;
  /** The decoder's embedding of the tokens `[b, t, d]`, positions added. */
  readonly embedded: Tensor3D;
  /** Encoded patches `[b, p, d]`. */
  readonly patches: Tensor3D;
  /** Region masks `[b, r, p]`, each 0 or 1; null without an agent. */
  readonly masks: Tensor3D | null;
  /** Id of the "." token, which ends a sentence. */
  readonly separator: number;
  /** Per study, per sentence in report order: indices of the regions it speaks of. Missing sentences: none. */
  readonly sentenceRegions: readonly (readonly (readonly number[])[])[];
}

/** Text and image features drawn together: named losses to add to the token cross-entropy. */
export interface Alignment extends Module {
  /** Such as `{global, local}`; each a scalar ≥ 0 up to rounding. */
  losses(input: AlignmentInput, pass: Pass): Record<string, Scalar>;
  /** Cosine of every sentence with every region `[b, s, r]`, s the largest sentence count, 0 where none. */
  similarity(input: AlignmentInput): Tensor3D;
}
