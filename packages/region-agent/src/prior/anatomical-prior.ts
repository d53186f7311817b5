import { type RegionSet, THORAX_12, type ViewKind } from '@raca/core';
import { drawn } from './drawn';
import type { Shape } from './shapes';

/** Sample points a patch side, and the least share of them inside a shape for the patch to count. */
const SAMPLES = 5;
const COVERAGE = 1 / 3;

/**
 * The prior of one view: a set's drawings evaluated on any grid; a patch is inside when a third of it is.
 * @param set whose regions, r; default: the 12 of {@link THORAX_12}
 * @returns `[r, rows · cols]`, each 0 or 1; null where the view has no prior
 */
export function anatomicalPrior(
  rows: number,
  cols: number,
  view: ViewKind,
  { names, drawings }: RegionSet = THORAX_12,
): Float32Array | null {
  const drawing = drawings?.[view];
  if (!drawing) return null;
  const out = new Float32Array(names.length * rows * cols);
  names.forEach((region, r) => {
    const shape = drawn(Object.hasOwn(drawing, region) ? drawing[region] : []);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const inside = coverage(shape, row / rows, col / cols, 1 / rows, 1 / cols) >= COVERAGE;
        out[(r * rows + row) * cols + col] = inside ? 1 : 0;
      }
    }
  });
  return out;
}

function coverage(shape: Shape, top: number, left: number, height: number, width: number): number {
  let inside = 0;
  for (let i = 0; i < SAMPLES; i++) {
    for (let j = 0; j < SAMPLES; j++) {
      const y = top + ((i + 0.5) / SAMPLES) * height;
      const x = left + ((j + 0.5) / SAMPLES) * width;
      if (shape(x, y)) inside++;
    }
  }
  return inside / SAMPLES ** 2;
}
