import type { PatchFeatures } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { matchingViews } from './matching-views';

/** Patches of the present study laid over those of the earlier one. n = rows · cols of a view. */
export interface AlignedPatches {
  /** For each earlier patch that of the present study at the same spot of the same view, `[b, p, d]`; any where not `matched`. */
  readonly patches: tf.Tensor3D;
  /** `[b, p, 1]`: 1, or 0 where the present study has no such view. */
  readonly matched: tf.Tensor3D;
}

/** @throws RangeError unless views of both have the same rows and columns */
export function alignedPatches(current: PatchFeatures, earlier: PatchFeatures): AlignedPatches {
  const { views, rows, cols } = earlier.grid;
  if (rows !== current.grid.rows || cols !== current.grid.cols) {
    throw new RangeError(
      `studyContext: patches of the earlier study must be ${current.grid.rows} × ${current.grid.cols} a view, got ${rows} × ${cols}`,
    );
  }
  const [b, , d] = current.patches.shape;
  const n = rows * cols;
  const [from, to] = [current.grid.views, views];
  const slots = earlier.kinds.map((kinds, i) => matchingViews(kinds, current.kinds[i]));
  const matched = new Float32Array(b * to * n);
  const selection = new Float32Array(b * to * from);
  slots.forEach((row, i) => {
    row.forEach((slot, k) => {
      if (slot === null) return;
      matched.fill(1, (i * to + k) * n, (i * to + k + 1) * n);
      selection[(i * to + k) * from + slot] = 1;
    });
  });
  const inPlace = from === to && slots.every((row) => row.every((slot, k) => slot === null || slot === k));
  const patches = inPlace
    ? current.patches
    : tf.reshape(
        tf.matMul(
          tf.tensor3d(selection, [b, to, from]),
          tf.reshape(current.patches, [b, from, n * d]) as tf.Tensor3D,
        ),
        [b, to * n, d],
      );
  return { patches: patches as tf.Tensor3D, matched: tf.tensor3d(matched, [b, to * n, 1]) };
}
