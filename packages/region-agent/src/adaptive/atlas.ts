import { type RegionSet, THORAX_12, type ViewKind } from '@raca/core';
import { anatomicalPrior } from '../prior/anatomical-prior';
import { type Affine, inverse } from './affine';

/** Points a side of the fine drawing of the prior. */
const FINE = 84;
/** Sample points a patch side. */
const SAMPLES = 4;
/** Least share of a patch inside a region for the patch to count: as in {@link anatomicalPrior}. */
const COVERAGE = 1 / 3;
/** Regions whose bits fit into one number. */
const LAYER = 32;

/** The coarse prior of one view, ready to be laid on patients who stand anyhow. */
export class Atlas {
  /** r */
  readonly regions: number;
  /** One bit a region at each of `FINE²` points, {@link LAYER} regions a layer. */
  private readonly layers: readonly Uint32Array[];

  /** @param draw the prior on any grid, `[r, rows · cols]`, each 0 or 1 */
  constructor(draw: (rows: number, cols: number) => Float32Array) {
    const fine = draw(FINE, FINE);
    const n = FINE * FINE;
    this.regions = fine.length / n;
    this.layers = Array.from({ length: Math.ceil(this.regions / LAYER) }, () => new Uint32Array(n));
    for (let r = 0; r < this.regions; r++) {
      const bits = this.layers[Math.floor(r / LAYER)];
      for (let i = 0; i < n; i++) if (fine[r * n + i]) bits[i] |= 1 << (r % LAYER);
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
    out: Float32Array = new Float32Array(this.regions * rows * cols),
  ): Float32Array {
    out.fill(0);
    const n = LAYER * rows * cols;
    this.layers.forEach((bits, k) => {
      cover(bits, map, rows, cols, samples, out.subarray(k * n, (k + 1) * n));
    });
    return out;
  }

  /** {@link coverage} as masks: 1 where a third of a patch is covered. */
  masks(map: Affine, rows: number, cols: number): Float32Array {
    return this.coverage(map, rows, cols).map((share) => (share >= COVERAGE - 1e-6 ? 1 : 0));
  }
}

/** Adds the coverage of one layer to `out`, `[regions, rows · cols]`. */
function cover(
  layer: Uint32Array,
  map: Affine,
  rows: number,
  cols: number,
  samples: number,
  out: Float32Array,
): void {
  const [a, b, c, d, e, f] = inverse(map);
  const n = rows * cols;
  const share = 1 / samples ** 2;
  for (let i = 0; i < rows * samples; i++) {
    const y = (i + 0.5) / (rows * samples) - 0.5;
    const row = Math.floor(i / samples) * cols;
    for (let j = 0; j < cols * samples; j++) {
      const x = (j + 0.5) / (cols * samples) - 0.5;
      const u = Math.floor((a * x + b * y + c + 0.5) * FINE);
      const v = Math.floor((d * x + e * y + f + 0.5) * FINE);
      const p = row + Math.floor(j / samples);
      let bits = layer[clamped(v) * FINE + clamped(u)];
      while (bits !== 0) {
        const lowest = bits & -bits;
        out[(31 - Math.clz32(lowest)) * n + p] += share;
        bits ^= lowest;
      }
    }
  }
}

/** Drawing one takes longer than placing it a hundred times. */
const drawn = new WeakMap<RegionSet, Map<ViewKind, Atlas>>();

/** Atlas of a set's drawings of a view, drawn once; null where there is none. */
export function atlasOf(view: ViewKind | null, set: RegionSet = THORAX_12): Atlas | null {
  if (!view || !set.drawings?.[view]) return null;
  const known = drawn.get(set) ?? new Map<ViewKind, Atlas>();
  drawn.set(set, known);
  const atlas = known.get(view) ?? new Atlas((rows, cols) => anatomicalPrior(rows, cols, view, set)!);
  known.set(view, atlas);
  return atlas;
}

const clamped = (i: number): number => Math.min(Math.max(i, 0), FINE - 1);
