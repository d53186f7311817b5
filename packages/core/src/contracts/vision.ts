import type { Tensor3D, Tensor5D } from '@tensorflow/tfjs-core';
import type { Module, Pass } from './module';

/** Where patches lie: view by view, row by row. p = views · rows · cols. */
export interface PatchGrid {
  readonly views: number;
  readonly rows: number;
  readonly cols: number;
}

/** Patch vectors with the grid they come from. */
export interface PatchFeatures {
  /** `[b, p, d]` */
  readonly patches: Tensor3D;
  readonly grid: PatchGrid;
  /** What the patches were made of, `[b, v, H, W, 3]`, where there are images: for an agent with eyes of its own. */
  readonly images?: Tensor5D;
}

/** Normalised images `[b, v, H, W, 3]`, or the backbone's features of them (from a feature store). */
export type VisionInput = { readonly images: Tensor5D } | { readonly features: PatchFeatures };

/** Images to raw patch features of width d_v: a convolutional network or a stored copy of its output. */
export interface VisionBackbone extends Module {
  /** d_v */
  readonly width: number;
  /** Whether its weights take part in training. */
  readonly frozen: boolean;
  /** `[b, v, H, W, 3]` → patches `[b, p, d_v]`, views concatenated. */
  extract(images: Tensor5D, pass: Pass): PatchFeatures;
}

/** Backbone, patch embedding and visual Transformer: images or stored features to encoded patches of width d. */
export interface VisionEncoder extends Module {
  /** d */
  readonly width: number;
  /** Null when the model reads stored features only. */
  readonly backbone: VisionBackbone | null;
  /** → patches `[b, p, d]` */
  encode(input: VisionInput, pass: Pass): PatchFeatures;
}
