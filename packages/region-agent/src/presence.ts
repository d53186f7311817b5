import type { PatchFeatures } from '@raca/core';

/** Presence of patches as numbers `[b, p]`, 1 or 0; null: all are there. */
export const presenceOf = ({ present }: Pick<PatchFeatures, 'present'>): Float32Array | null =>
  present && (present.dataSync() as Float32Array);

/** How many patches are there. @param all b · p */
export const countOf = (present: Float32Array | null, all: number): number =>
  present ? present.reduce((sum, x) => sum + x, 0) : all;

/** Values in a policy's layout `[b·p, r]`, 0 where a patch is not there. */
export function whereThere(values: Float32Array, present: Float32Array | null): Float32Array {
  if (!present) return values;
  const r = values.length / present.length;
  return values.map((x, i) => (present[Math.floor(i / r)] ? x : 0));
}
