import { REGIONS, type ViewKind } from '@raca/core';
import { anatomicalPrior } from '../prior/anatomical-prior';
import { type Affine, inverse } from './affine';

/** Points a side of the fine drawing of the prior. */
const FINE = 84;
/** Sample points a patch side. */
const SAMPLES = 4;
/** Least share of a patch inside a region for the patch to count: as in {@link anatomicalPrior}. */
const COVERAGE = 1 / 3;

/** The coarse prior of one view, ready to be laid on patients who stand anyhow. */
export class Atlas {
  /** One bit a region at each of `FINE²` points. */
  private readonly bits: Uint16Array;

  /** @param draw the prior on any grid, `[r, rows · cols]`, each 0 or 1 */
  constructor(draw: (rows: number, cols: number) => Float32Array) {
    const fine = draw(FINE, FINE);
    const n = FINE * FINE;
    this.bits = new Uint16Array(n);
    for (let r = 0; r < REGIONS.length; r++) {
      for (let i = 0; i < n; i++) if (fine[r * n + i]) this.bits[i] |= 1 << r;
    }
  }

  /**
   * Share of each patch that each region covers when the prior is moved by `map`. Beyond its edges the prior goes on
   * as it ends there.
   *
   * @param samples points a patch side: fewer are faster
   * @param out `[r, rows · cols]`
   */
  coverage(
    map: Affine,
    rows: number,
    cols: number,
    samples = SAMPLES,
    out: Float32Array = new Float32Array(REGIONS.length * rows * cols),
  ): Float32Array {
    const [a, b, c, d, e, f] = inverse(map);
    const n = rows * cols;
    const share = 1 / samples ** 2;
    out.fill(0);
    for (let i = 0; i < rows * samples; i++) {
      const y = (i + 0.5) / (rows * samples) - 0.5;
      const row = Math.floor(i / samples) * cols;
      for (let j = 0; j < cols * samples; j++) {
        const x = (j + 0.5) / (cols * samples) - 0.5;
        const u = Math.floor((a * x + b * y + c + 0.5) * FINE);
        const v = Math.floor((d * x + e * y + f + 0.5) * FINE);
        const p = row + Math.floor(j / samples);
        let bits = this.bits[clamped(v) * FINE + clamped(u)];
        while (bits !== 0) {
          const lowest = bits & -bits;
          out[(31 - Math.clz32(lowest)) * n + p] += share;
          bits ^= lowest;
        }
      }
    }
    return out;
  }

  /** {@link coverage} as masks: 1 where a third of a patch is covered. */
  masks(map: Affine, rows: number, cols: number): Float32Array {
    return this.coverage(map, rows, cols).map((share) => (share >= COVERAGE - 1e-6 ? 1 : 0));
  }
}

/** Drawing one takes longer than placing it a hundred times. */
const drawn = new Map<ViewKind, Atlas>();

/** Atlas of our prior, drawn once; null where the view has none. */
export function atlasOf(view: ViewKind | null): Atlas | null {
  if (view !== 'frontal' && view !== 'lateral') return null;
  const known = drawn.get(view);
  if (known) return known;
  const atlas = new Atlas((rows, cols) => anatomicalPrior(rows, cols, view)!);
  drawn.set(view, atlas);
  return atlas;
}

const clamped = (i: number): number => Math.min(Math.max(i, 0), FINE - 1);
