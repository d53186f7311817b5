import { type PatchGrid, REGIONS } from '@raca/core';
import type { ViewKind } from '../prior/anatomical-prior';
import { type Affine, affineOf, composed, IDENTITY, type Pose, STRAIGHT } from './affine';
import { type Atlas, atlasOf } from './atlas';
import { OUTLINED } from './outline';
import { knownPatches, type Window } from './practice-view';
import { plus, register } from './registration';
import { CELLS, sharpened, softened } from './sharpen';

const R = REGIONS.length;
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

/**
 * Lays the coarse prior on patients: by the known move of a practice view and, once the policy can tell, by the pose
 * in which the prior explains the policy's own choices best. Only differences between patients are believed: the mean
 * pose of all is taken off, since on average the prior is right by definition.
 */
export class PriorPlacement {
  private readonly atlases: readonly (Atlas | null)[];
  /** Mean pose of each view: dx, dy, wide, high, turn. */
  private readonly means: Float32Array;

  constructor(views: readonly ViewKind[]) {
    this.atlases = views.map(atlasOf);
    this.means = new Float32Array(5 * views.length);
  }

  /**
   * @param moves where each view of each sample was moved to, `[b · v]`; null: nowhere
   * @param logits the policy's `[b·p, r]` to register by; null: patients stand straight
   * @param windows of each view, where nothing outside them and beyond the image belongs to any region; null: what is
   *   beyond the image does not count
   * @param grays of each view's cells, `[b · v]`, to fit the placed prior to what the image shows; null: it stays
   * @param outlines of what each view shows before its move, `[b · v]`, in place of the prior's {@link OUTLINED} regions;
   *   null: none
   */
  place(
    b: number,
    grid: PatchGrid,
    moves: readonly Affine[] | null,
    logits: Float32Array | null,
    grays: readonly Float32Array[] | null = null,
    windows: readonly Window[] | null = null,
    outlines: readonly (Atlas | null)[] | null = null,
  ): PlacedPrior {
    const { views, rows, cols } = grid;
    const n = rows * cols;
    const wanted = new Float32Array(b * views * n * R);
    const counted = new Float32Array(b * views * n);
    for (let k = 0; k < b * views; k++) {
      const v = k % views;
      const atlas = this.atlases[v] ?? null;
      if (!atlas) continue;
      const move = moves?.[k] ?? IDENTITY;
      const known = knownPatches(move, rows, cols, windows?.[k]);
      counted.set(windows ? known.map(() => 1) : known, k * n);
      const pose = logits
        ? this.pose(v, atlas, { rows, cols, known, logits, at: k * n * R }, move)
        : STRAIGHT;
      const map = composed(move, affineOf(pose));
      const masks = grays
        ? sharpened(fieldOf(atlas, map, rows, cols), grays[k], rows, cols)
        : atlas.masks(map, rows, cols);
      const shown = outlines?.[k]?.masks(move, rows, cols);
      if (shown) for (const r of OUTLINED) masks.set(shown.subarray(r * n, (r + 1) * n), r * n);
      for (let p = 0; p < n; p++) {
        for (let r = 0; r < R; r++) wanted[(k * n + p) * R + r] = windows && !known[p] ? 0 : masks[r * n + p];
      }
    }
    return { wanted, counted };
  }

  /** Mean pose of each view, five numbers a view; a copy. */
  state(): Float32Array {
    return this.means.slice();
  }

  /** @throws Error unless there are five numbers a view */
  loadState(state: Float32Array | undefined): void {
    const { length } = this.means;
    if (state?.length !== length) {
      throw new Error(
        `adaptiveAgent: training state "poses" must have ${length} values, found ${state?.length ?? 'none'}`,
      );
    }
    this.means.set(state);
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
    const n = rows * cols;
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
