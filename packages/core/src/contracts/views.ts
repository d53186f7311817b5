import * as tf from '@tensorflow/tfjs-core';
import type { ViewKind, Views } from './study';
import type { PatchGrid, VisionInput } from './vision';

/**
 * Which patches there are, `[b, p]`: 1, or 0 in empty slots. Null where no slot is empty.
 * @param kinds `[b][v]`, null: empty
 */
export function presentPatches(kinds: Views['kinds'], { rows, cols }: PatchGrid): tf.Tensor2D | null {
  if (kinds.every((row) => row.every((kind) => kind !== null))) return null;
  const [b, v, n] = [kinds.length, kinds[0].length, rows * cols];
  const values = new Float32Array(b * v * n);
  kinds.forEach((row, i) => {
    row.forEach((kind, k) => {
      if (kind !== null) values.fill(1, (i * v + k) * n, (i * v + k + 1) * n);
    });
  });
  return tf.tensor2d(values, [b, v * n]);
}

/** Values of absent places set to 0: `[b, r, p]` or `[b, p, d]`. @param present `[b, p]`; null: all are there */
export function onlyPresent<T extends tf.Tensor3D>(x: T, present: tf.Tensor2D | null, axis: 1 | 2): T {
  if (!present) return x;
  const [b, p] = present.shape;
  return tf.mul(x, tf.reshape(present, axis === 1 ? [b, p, 1] : [b, 1, p])) as T;
}

/**
 * Which picture of a study each slot shows, `[v]`: its index, or null where the slot stays empty. The first frontal picture
 * takes the first slot and the first lateral one the second, so that a slot means the same in every study; all others fill
 * the free slots in their order, and what finds none is left out.
 */
export function slotsOf(kinds: readonly ViewKind[], v: number): (number | null)[] {
  const slots = new Array<number | null>(v).fill(null);
  const [frontal, lateral] = [kinds.indexOf('frontal'), v > 1 ? kinds.indexOf('lateral') : -1];
  if (frontal >= 0) slots[0] = frontal;
  if (lateral >= 0) slots[1] = lateral;
  kinds.forEach((_, picture) => {
    const free = slots.indexOf(null);
    if (free >= 0 && picture !== frontal && picture !== lateral) slots[free] = picture;
  });
  return slots;
}

/** b, the number of studies, and v, the slots of each. */
export function sizeOfViews(input: VisionInput): [b: number, v: number] {
  if ('images' in input) return [input.images.shape[0], input.images.shape[1]];
  return [input.features.patches.shape[0], input.features.grid.views];
}

/** @throws RangeError unless there is a kind (or null) for every slot; earlier studies may have no picture at all */
export function checkViews(who: string, { input, kinds }: Views): void {
  const [b, v] = sizeOfViews(input);
  if (kinds.length !== b || kinds.some((row) => row.length !== v)) {
    const found = `${kinds.length} × ${kinds[0]?.length ?? 0}`;
    throw new RangeError(`${who}: expected kinds of ${b} × ${v} views, got ${found}`);
  }
}
