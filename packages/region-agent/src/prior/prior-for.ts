import { type PatchGrid, type RegionSet, THORAX_12 } from '@raca/core';
import { anatomicalPrior } from './anatomical-prior';
import type { StudyKinds } from './kinds';
import { PUBLISHED_SIDE, publishedPrior } from './published-prior';

/** A prior on a grid. */
export interface Prior {
  /** `[r, p]`, each 0 or 1; 0 in views without a prior. */
  readonly masks: Float32Array;
  /** Per view: whether it has a prior. Elsewhere nothing can be said of an action. */
  readonly views: readonly boolean[];
  /** `[p]`: 1 in views with a prior, else 0. */
  readonly known: Float32Array;
}

/**
 * The prior of all views of a grid, view by view as patches lie.
 *
 * @param views kind of each view; empty slots, views past the end and `unknown` or `other` ones have no prior. Ignored by
 *   the published prior, which repeats its masks for every view.
 * @param set whose regions, r; the published prior is of the 12 only
 * @throws RangeError if the published prior, 7 × 7, is asked for on another grid
 */
export function priorFor(
  grid: PatchGrid,
  views: StudyKinds,
  variant: 'raca' | 'published',
  set: RegionSet = THORAX_12,
): Prior {
  const { rows, cols } = grid;
  if (variant === 'published') {
    if (rows !== PUBLISHED_SIDE || cols !== PUBLISHED_SIDE) {
      throw new RangeError(`priorFor: the published prior is 7 × 7, got ${rows} × ${cols}`);
    }
    const known = new Float32Array(grid.views * rows * cols).fill(1);
    return { masks: publishedPrior(grid.views), views: Array(grid.views).fill(true), known };
  }
  const size = rows * cols;
  const p = grid.views * size;
  const R = set.names.length;
  const masks = new Float32Array(R * p);
  const known = new Float32Array(p);
  const has = Array.from({ length: grid.views }, (_, v) => {
    const prior = anatomicalPrior(rows, cols, views[v] ?? 'unknown', set);
    if (!prior) return false;
    known.fill(1, v * size, (v + 1) * size);
    for (let r = 0; r < R; r++) {
      masks.set(prior.subarray(r * size, (r + 1) * size), r * p + v * size);
    }
    return true;
  });
  return { masks, views: has, known };
}
