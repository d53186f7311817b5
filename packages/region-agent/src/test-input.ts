// Inputs for tests.
import { type AgentInput, type PatchGrid, unknownViews } from '@raca/core';
import type * as tf from '@tensorflow/tfjs-core';

/** Patches (and pictures) of which nobody says what they show, all there. */
export function inputOf(patches: tf.Tensor3D, grid: PatchGrid, images?: tf.Tensor5D): AgentInput {
  const kinds = unknownViews(patches.shape[0], grid.views);
  const features = { patches, grid, kinds, present: null };
  return { features, views: { input: images ? { images } : { features }, kinds } };
}
