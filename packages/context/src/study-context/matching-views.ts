import type { ViewKind } from '@raca/core';

type Kinds = readonly (ViewKind | null)[];

/**
 * For each view of the earlier study the view of the present one that shows the same: of the same kind, in the same slot if it
 * may be. Views of which nobody knows what they show, and those that are neither frontal nor lateral, match in the same
 * slot only.
 *
 * @returns a slot of the present study, or null where none shows the same
 */
export function matchingViews(earlier: Kinds, present: Kinds): (number | null)[] {
  return earlier.map((kind, slot) => {
    if (kind === null) return null;
    if (present[slot] === kind) return slot;
    const other = kind === 'frontal' || kind === 'lateral' ? present.indexOf(kind) : -1;
    return other < 0 ? null : other;
  });
}
