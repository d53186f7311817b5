import type { PatchGrid, Random } from '@raca/core';

/** Numbers that say where a patch lies in its view: 1, x, y, x², y², xy, |x|. */
export const POSITION_FEATURES = 7;

/** How one sample's positions are moved: x' = scale · x + dx, both in [−1, 1] across the view. */
export interface PositionShift {
  readonly dx: number;
  readonly dy: number;
  readonly scale: number;
}

export const NO_SHIFT: PositionShift = { dx: 0, dy: 0, scale: 1 };

/** Uniform shifts and scales of up to `jitter` (1: half a view). */
export function randomShift(jitter: number, random: Random): PositionShift {
  const draw = (): number => random.uniform(-jitter, jitter);
  return { dx: draw(), dy: draw(), scale: 1 + draw() };
}

/**
 * Low-order position features. Each view has its own 7 columns, zeros elsewhere.
 * @param shifts one a sample
 * @param views columns are 7 · views; at least the grid's
 * @returns `[b, p, 7 · views]`
 */
export function positionFeatures(
  grid: PatchGrid,
  shifts: readonly PositionShift[],
  views: number,
): Float32Array {
  const { rows, cols } = grid;
  const width = POSITION_FEATURES * views;
  const out = new Float32Array(shifts.length * grid.views * rows * cols * width);
  let at = 0;
  for (const { dx, dy, scale } of shifts) {
    for (let v = 0; v < grid.views; v++) {
      for (let row = 0; row < rows; row++) {
        const y = scale * ((2 * row + 1) / rows - 1) + dy;
        for (let col = 0; col < cols; col++) {
          const x = scale * ((2 * col + 1) / cols - 1) + dx;
          out.set([1, x, y, x * x, y * y, x * y, Math.abs(x)], at + v * POSITION_FEATURES);
          at += width;
        }
      }
    }
  }
  return out;
}
