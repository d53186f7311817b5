import { type PatchGrid, type RegionSet, THORAX_12, type ViewKind } from '@raca/core';
import type { StudyKinds } from '../prior/kinds';
import { type Affine, affineOf, composed, IDENTITY, type Pose, STRAIGHT } from './affine';
import { type Atlas, atlasOf } from './atlas';
import { OUTLINED } from './outline';
import { knownPatches, type Window } from './practice-view';
import { plus, register } from './registration';
import { CELLS, sharpened, softened } from './sharpen';

/** Log-odds of the policy count this much in a registration, and no more than ±4: patches are not independent. */
const TEMPERATURE = 0.2;
const MOST = 4;
/** How fast the mean pose follows. */
const FOLLOW = 0.002;

/** The prior as it lies on each patient of a batch. */
export interface PlacedPrior {
  /** `[b·p, r]`, each 0 or 1. */
  readonly wanted: Float32Array;
  /** `[b·p]`: 0 where nothing is known: outside the image, or a view without a prior. */
  readonly counted: Float32Array;
}

/** The views of a batch. */
export interface PlacedViews {
  readonly grid: PatchGrid;
  /** `[b][v]`; null: an empty slot. */
  readonly kinds: readonly StudyKinds[];
}

/** What is known of where each view of each sample lies, all `[b · v]`. */
export interface Placing {
  /** Where it was moved to; null: nowhere. */
  readonly moves?: readonly Affine[] | null;
  /** The policy's `[b·p, r]` to register by; null: patients stand straight. */
  readonly logits?: Float32Array | null;
  /** Gray of its cells, to fit the placed prior to what the image shows; null: it stays. */
  readonly grays?: readonly (Float32Array | null)[] | null;
  /** Nothing outside these and beyond the image belongs to any region; null: what is beyond the image does not count. */
  readonly windows?: readonly Window[] | null;
  /** What it shows before its move, in place of the prior's {@link OUTLINED} regions; null: nothing. */
  readonly outlines?: readonly (Atlas | null)[] | null;
}

/**
 * Lays the coarse prior on patients: by the known move of a practice view and, once the policy can tell, by the pose
 * in which the prior explains the policy's own choices best. Only differences between patients are believed: the mean
 * pose of all is taken off, since on average the prior is right by definition.
 */
export class PriorPlacement {
  /** Mean pose of each slot: dx, dy, wide, high, turn. */
  private readonly means: Float32Array;

  /** @param slots what each slot shows where the study does not say */
  constructor(
    private readonly slots: readonly ViewKind[],
    private readonly set: RegionSet = THORAX_12,
  ) {
    this.means = new Float32Array(5 * slots.length);
  }

  place(
    { grid, kinds }: PlacedViews,
    { moves, logits, grays, windows, outlines }: Placing = {},
  ): PlacedPrior {
    const { views, rows, cols } = grid;
    const [n, R] = [rows * cols, this.set.names.length];
    const shown = kinds.flat();
    const wanted = new Float32Array(shown.length * n * R);
    const counted = new Float32Array(shown.length * n);
    for (let k = 0; k < shown.length; k++) {
      const atlas = atlasOf(shown[k], this.set);
      if (!atlas) continue;
      const move = moves?.[k] ?? IDENTITY;
      const known = knownPatches(move, rows, cols, windows?.[k]);
      counted.set(windows ? known.map(() => 1) : known, k * n);
      const pose = logits
        ? this.pose(
            this.slotOf(shown[k]!, k % views),
            atlas,
            { rows, cols, known, logits, at: k * n * R },
            move,
          )
        : STRAIGHT;
      const map = composed(move, affineOf(pose));
      const gray = grays?.[k];
      const masks = gray
        ? sharpened(fieldOf(atlas, map, rows, cols), gray, rows, cols)
        : atlas.masks(map, rows, cols);
      const outline = outlines?.[k]?.masks(move, rows, cols);
      if (outline) for (const r of OUTLINED) masks.set(outline.subarray(r * n, (r + 1) * n), r * n);
      for (let p = 0; p < n; p++) {
        for (let r = 0; r < R; r++) wanted[(k * n + p) * R + r] = windows && !known[p] ? 0 : masks[r * n + p];
      }
    }
    return { wanted, counted };
  }

  /** Mean pose of each slot, five numbers a slot; a copy. */
  state(): Float32Array {
    return this.means.slice();
  }

  /** @throws Error unless there are five numbers a slot */
  loadState(state: Float32Array | undefined): void {
    const { length } = this.means;
    if (state?.length !== length) {
      throw new Error(
        `adaptiveAgent: training state "poses" must have ${length} values, found ${state?.length ?? 'none'}`,
      );
    }
    this.means.set(state);
  }

  /** The slot whose mean pose a view follows: its own where that shows such views, else the first that does. */
  private slotOf(kind: ViewKind, v: number): number {
    const found = this.slots[v] === kind ? v : this.slots.indexOf(kind);
    return found >= 0 ? found : v;
  }

  private pose(
    v: number,
    atlas: Atlas,
    {
      rows,
      cols,
      known,
      logits,
      at,
    }: {
      rows: number;
      cols: number;
      known: Uint8Array;
      logits: Float32Array;
      at: number;
    },
    move: Affine,
  ): Pose {
    const [n, R] = [rows * cols, atlas.regions];
    const logOdds = new Float32Array(R * n);
    for (let p = 0; p < n; p++) {
      for (let r = 0; r < R; r++) {
        const x = Math.min(Math.max(logits[at + p * R + r], -MOST), MOST);
        logOdds[r * n + p] = known[p] * TEMPERATURE * x;
      }
    }
    const found = register(atlas, { logOdds, rows, cols }, move);
    const mean = this.means.subarray(5 * v, 5 * v + 5);
    [found.dx, found.dy, found.wide, found.high, found.turn].forEach((x, i) => {
      mean[i] += FOLLOW * (x - mean[i]);
    });
    const [dx, dy, wide, high, turn] = mean;
    return plus(found, { dx, dy, wide, high, turn }, -1);
  }
}

/** Where regions may lie, by cells: the placed prior made soft. */
function fieldOf(atlas: Atlas, map: Affine, rows: number, cols: number): Float32Array {
  const [h, w] = [rows * CELLS, cols * CELLS];
  return softened(atlas.coverage(map, h, w, 1), h, w);
}
