import type * as tf from '@tensorflow/tfjs-core';
import { unknownViews } from '../contracts/study';
import type { PatchFeatures } from '../contracts/vision';

/** Sizes of the data that a kit makes. */
export interface KitSizes {
  /** d; 8 by default. */
  readonly width?: number;
  /** r; 12 by default. */
  readonly regions?: number;
}

/** Patches `[b, p, d]` of one view, p columns wide. @param present `[b, p]`; null: all are there */
export const featuresOf = (patches: tf.Tensor3D, present: tf.Tensor2D | null = null): PatchFeatures => ({
  patches,
  present,
  grid: { views: 1, rows: 1, cols: patches.shape[1] },
  kinds: unknownViews(patches.shape[0], 1),
});
