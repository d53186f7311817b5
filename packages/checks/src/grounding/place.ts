import type { PatchGrid, Views } from '@raca/core';

/** The patient's sides. */
export const SIDES = ['left', 'right'] as const;
export type Side = (typeof SIDES)[number];

/** Thirds of a region from top to bottom. */
export const ZONES = ['upper', 'middle', 'lower'] as const;
export type Zone = (typeof ZONES)[number];

/** Where a sentence says that something is: a region, or a part of it. */
export interface Place {
  /** Index of the region among the masks. */
  readonly region: number;
  /** Absent: both. */
  readonly side?: Side;
  /** Absent: the whole height. */
  readonly zone?: Zone;
}

/** Masks of one study, and where their patches lie. */
export interface StudyMasks {
  /** `[r, p]` row by row, each 0 or 1. */
  readonly masks: ArrayLike<number>;
  readonly grid: PatchGrid;
  /** `[v]`; null: the slot is empty. */
  readonly kinds: Views['kinds'][number];
}

/**
 * Patches of a place, `[p]`, each 0 or 1. Sides are halves of frontal views (the patient's right is left in the picture), zones are thirds of the
 * rows that the region has on that side; a place with either is looked for in frontal views alone, those of which nobody says what they
 * show included. Where the masks have none of a region's patches there, all patches of that part of the view stand in.
 */
export function patchesOf({ region, side, zone }: Place, { masks, grid, kinds }: StudyMasks): Float32Array {
  const { views, rows, cols } = grid;
  const n = rows * cols;
  const out = new Float32Array(views * n);
  for (let v = 0; v < views; v++) {
    const kind = kinds[v];
    if (kind === null) continue;
    const parted = side !== undefined || zone !== undefined;
    if (parted && kind !== 'frontal' && kind !== 'unknown') continue;
    const [from, to] = side === undefined ? [0, cols] : columnsOf(side, cols);
    const inMask = (row: number, col: number): boolean =>
      masks[(region * views + v) * n + row * cols + col] > 0;
    let [top, bottom] = [rows, -1];
    for (let row = 0; row < rows; row++) {
      for (let col = from; col < to; col++) {
        if (!inMask(row, col)) continue;
        top = Math.min(top, row);
        bottom = Math.max(bottom, row);
      }
    }
    const known = bottom >= 0;
    if (!known) [top, bottom] = [0, rows - 1];
    const [first, last] = zone === undefined ? [top, bottom] : thirdOf(zone, top, bottom);
    let found = false;
    for (const whole of known ? [false, true] : [true]) {
      for (let row = first; row <= last; row++) {
        for (let col = from; col < to; col++) {
          if (!whole && !inMask(row, col)) continue;
          out[v * n + row * cols + col] = 1;
          found = true;
        }
      }
      if (found) break;
    }
  }
  return out;
}

/** Columns `[from, to)` of a side; a middle column belongs to both. */
const columnsOf = (side: Side, cols: number): [number, number] =>
  side === 'right' ? [0, Math.ceil(cols / 2)] : [Math.floor(cols / 2), cols];

/** Rows from the first to the last of a third; thirds share rows where the height is no multiple of three. */
function thirdOf(zone: Zone, top: number, bottom: number): [number, number] {
  const k = ZONES.indexOf(zone);
  const height = (bottom - top + 1) / 3;
  return [top + Math.floor(k * height), top + Math.ceil((k + 1) * height) - 1];
}
