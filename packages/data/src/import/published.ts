import { SPLITS, type Split } from '../dataset';
import type { ImageChoice } from './image-choice';

/** Counts that papers print. */
export interface Published {
  readonly name: string;
  /** What was counted. */
  readonly unit: 'studies' | 'images';
  readonly counts: Readonly<Record<Split, number>>;
  /** Why an import of these images of a study counts something else; undefined where it does not. */
  readonly note?: (choice: ImageChoice) => string | undefined;
}

/** One published count beside ours. */
export interface Comparison extends Omit<Published, 'note'> {
  readonly ours: Readonly<Record<Split, number>>;
  readonly difference: Readonly<Record<Split, number>>;
  /** Why the two do not measure the same thing, if they do not. */
  readonly note?: string;
}

export function comparePublished(
  published: readonly Published[],
  ours: Readonly<Record<Split, { readonly studies: number; readonly images: number }>>,
  choice: ImageChoice,
): Comparison[] {
  return published.map(({ name, unit, counts, note }) => {
    const mine = bySplit((split) => ours[split][unit]);
    const difference = bySplit((split) => mine[split] - counts[split]);
    return { name, unit, counts, ours: mine, difference, note: note?.(choice) };
  });
}

const bySplit = (count: (split: Split) => number): Record<Split, number> =>
  Object.fromEntries(SPLITS.map((split) => [split, count(split)])) as Record<Split, number>;
