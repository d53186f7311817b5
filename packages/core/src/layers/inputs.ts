import type * as tf from '@tensorflow/tfjs-core';
import type { TokenBatch } from '../contracts/decoder';
import type { Views } from '../contracts/study';
import type { PatchFeatures, PatchGrid } from '../contracts/vision';

// What modules read besides tensors, made of the tensors that a layer gets. Axes: b batch, v views, p patches, t tokens.

/** Ids of a tensor `[b, t]` of any number type. */
export const tokenBatch = (tokens: tf.Tensor): TokenBatch => ({
  ids: Int32Array.from(tokens.dataSync()),
  shape: [tokens.shape[0], tokens.shape[1]!],
});

/**
 * What the views of each study show, `[b][v]`: nobody says, or (null) there is none.
 * @param present 1 or 0 for each slot `[b, v]` or for each patch, view by view, `[b, p]`; absent: all are there
 */
export function kindsOf(b: number, v: number, present?: tf.Tensor): Views['kinds'] {
  const values = present?.dataSync();
  const each = (present?.shape[1] ?? v) / v;
  return Array.from({ length: b }, (_, i) =>
    Array.from({ length: v }, (_, k) => (!values || values[(i * v + k) * each] ? 'unknown' : null)),
  );
}

/**
 * Patches as modules read them.
 * @param patches `[b, p, d]`
 * @param present `[b, p]`, 1 or 0; absent: all are there
 * @param grid rows and columns of a view; absent: one view of one row
 * @throws RangeError if p is not a multiple of the patches of a view
 */
export function patchFeatures(
  patches: tf.Tensor,
  present?: tf.Tensor,
  grid: Pick<PatchGrid, 'rows' | 'cols'> = { rows: 1, cols: patches.shape[1]! },
): PatchFeatures {
  const [b, p] = patches.shape;
  const { rows, cols } = grid;
  const views = p! / (rows * cols);
  if (!Number.isInteger(views)) {
    throw new RangeError(`patches must be a multiple of ${rows} × ${cols}, got [${patches.shape}]`);
  }
  return {
    patches: patches as tf.Tensor3D,
    grid: { views, rows, cols },
    kinds: kindsOf(b, views, present),
    present: (present as tf.Tensor2D | undefined) ?? null,
  };
}
