import type { PatchGrid } from '@raca/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { StudyKinds } from '../prior/kinds';
import { graysOf } from './pictures';
import { sharpened, spread } from './sharpen';

/**
 * Masks fitted to the gray of each view, from probabilities; 0 in empty slots.
 *
 * @param images `[b, v, H, W, c]`
 * @param probabilities `[b, r, p]`
 * @returns `[b, r, p]`, each 0 or 1
 */
export function fittedMasks(
  images: tf.Tensor5D,
  grid: PatchGrid,
  kinds: readonly StudyKinds[],
  probabilities: Float32Array,
): Float32Array {
  const { views, rows, cols } = grid;
  const n = rows * cols;
  const R = probabilities.length / (kinds.length * views * n);
  const out = new Float32Array(probabilities.length);
  graysOf(images, grid, kinds).forEach((gray, k) => {
    if (!gray) return;
    const from = (r: number): number => ((Math.floor(k / views) * R + r) * views + (k % views)) * n;
    const chances = new Float32Array(R * n);
    for (let r = 0; r < R; r++) chances.set(probabilities.subarray(from(r), from(r) + n), r * n);
    const masks = sharpened(spread(chances, rows, cols), gray, rows, cols);
    for (let r = 0; r < R; r++) out.set(masks.subarray(r * n, (r + 1) * n), from(r));
  });
  return out;
}
