import type { Tensor2D, Tensor3D, Tensor5D } from '@tensorflow/tfjs-core';
import type { Module, Pass } from './module';
import type { ViewKind, Views } from './study';

/** Where patches lie: view by view, row by row. p = views · rows · cols. */
export interface PatchGrid {
  readonly views: number;
  readonly rows: number;
  readonly cols: number;
}

/** Patch vectors with the grid they come from, whatever the views show. */
export interface PatchMap {
  /** `[b, p, d]` */
  readonly patches: Tensor3D;
  readonly grid: PatchGrid;
}

/** Encoded patches, and which of them there are. */
export interface PatchFeatures extends PatchMap {
  /** What each view shows, `[b][v]`; null: there is none. */
  readonly kinds: readonly (readonly (ViewKind | null)[])[];
  /** `[b, p]`, 1 or 0: patches of an empty slot are not there, and count nowhere. Null: all are there. */
  readonly present: Tensor2D | null;
}

/** Normalised images `[b, v, H, W, 3]`, or the backbone's features of them (from a feature store). */
export type VisionInput = { readonly images: Tensor5D } | { readonly features: PatchMap };

/** Images to raw patch features of width d_v: a convolutional network or a stored copy of its output. */
export interface VisionBackbone extends Module {
  /** d_v */
  readonly width: number;
  /** Whether its weights take part in training. */
  readonly frozen: boolean;
  /** `[b, v, H, W, 3]` → patches `[b, p, d_v]`, views concatenated. */
  extract(images: Tensor5D, pass: Pass): PatchMap;
}

/** Backbone, patch embedding and visual Transformer: images or stored features to encoded patches of width d. */
export interface VisionEncoder extends Module {
  /** d */
  readonly width: number;
  /** Null when the model reads stored features only. */
  readonly backbone: VisionBackbone | null;
  /** → patches `[b, p, d]`; those of empty slots are 0, and no other patch depends on them. The caller frees both tensors. */
  encode(views: Views, pass: Pass): PatchFeatures;
}
