import { slotsOf, type ViewKind } from '@raca/core';
import { viewKindsOf } from './views';

/** What becomes of the slots of a study with fewer pictures than a model has views: see `StudyLoader`. */
export type MissingViews = 'repeat' | 'empty';

/** Which picture of a study stands in each slot, `[v]`. */
export interface ViewSlots {
  /** Index of the picture; null: the slot is empty. */
  readonly pictures: readonly (number | null)[];
  /** What a model is told of it; null: the slot is empty. */
  readonly kinds: readonly (ViewKind | null)[];
}

/**
 * Puts the pictures of a study into v slots. `empty`: frontal pictures first, then lateral ones, slots that are left stay
 * empty. `repeat`: in the order of the pictures, the last one again where there are too few, and the model is told nothing.
 * @param kinds of the pictures, at least one
 */
export function viewSlots(kinds: readonly ViewKind[], v: number, missing: MissingViews): ViewSlots {
  if (missing === 'repeat') {
    const pictures = Array.from({ length: v }, (_, slot) => Math.min(slot, kinds.length - 1));
    return { pictures, kinds: pictures.map(() => 'unknown') };
  }
  const pictures = slotsOf(kinds, v);
  return { pictures, kinds: pictures.map((n) => (n === null ? null : kinds[n])) };
}

/** The first slot of each picture that stands in one: repeated pictures and empty slots are nobody's. */
export const ownSlots = ({ pictures }: Pick<ViewSlots, 'pictures'>): number[] =>
  pictures.flatMap((n, slot) => (n !== null && pictures.indexOf(n) === slot ? [slot] : []));

/** Paths of the pictures of a study that a model of v views looks at. */
export const picturesUsed = (
  study: Parameters<typeof viewKindsOf>[0],
  v: number,
  missing: MissingViews,
): string[] => {
  const { pictures } = viewSlots(viewKindsOf(study), v, missing);
  return [...new Set(pictures)].flatMap((n) => (n === null ? [] : [study.image_path[n]]));
};
