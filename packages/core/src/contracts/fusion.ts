import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Memory } from './memory';
import type { Module, Pass } from './module';
import type { PatchFeatures } from './vision';

/** What a fusion joins. */
export interface FusionInput {
  /** Encoded patches `[b, p, d]`. */
  readonly features: PatchFeatures;
  /** `[b, r, p]`, each 0 or 1 (0 where a patch is not there): masks, never r copies of the features. */
  readonly masks: Tensor3D;
  /** What the context module read; null without one. */
  readonly context: Memory | null;
}

/** Joins global and regional features: the slot of bidirectional cross-attention. */
export interface Fusion extends Module {
  /**
   * Whether the memory that `fuse` returns has the context in it. Absent or false: the model appends the context's places
   * to it.
   */
  readonly joinsContext?: boolean;
  /** @returns places of the patches first; a fusion may add others, such as one a region */
  fuse(input: FusionInput, pass: Pass): Memory;
}
