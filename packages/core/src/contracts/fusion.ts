import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Module, Pass } from './module';

/** Joins global and regional features: the slot of bidirectional cross-attention. */
export interface Fusion extends Module {
  /**
   * @param patches encoded patches `[b, p, d]`
   * @param masks `[b, r, p]`, each 0 or 1: masks, never r copies of the features
   * @returns `[b, p, d]`
   */
  fuse(patches: Tensor3D, masks: Tensor3D, pass: Pass): Tensor3D;
}
