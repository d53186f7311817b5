import { SPLITS, type Split } from '../dataset';
import type { ImageChoice } from './image-choice';

/** Counts that papers print. */
export interface Published {
  readonly name: string;
  /** What was counted. */
  readonly unit: 'studies' | 'images';
  readonly counts: Readonly<Record<Split, number>>;
}

export type Source = 'iu-xray' | 'mimic-cxr' | 'csv';

export const PUBLISHED: Readonly<Record<Source, readonly Published[]>> = {
  'iu-xray': [{ name: "R2Gen's IU X-ray", unit: 'studies', counts: { train: 2069, val: 296, test: 590 } }],
  'mimic-cxr': [
    { name: "R2Gen's MIMIC-CXR", unit: 'images', counts: { train: 270790, val: 2130, test: 3858 } },
    { name: 'MIMIC-CXR 2.0.0, all', unit: 'images', counts: { train: 368960, val: 2991, test: 5159 } },
    { name: 'MIMIC-CXR 2.0.0, all', unit: 'studies', counts: { train: 222758, val: 1808, test: 3269 } },
  ],
  csv: [],
};

/** One published count beside ours. */
export interface Comparison extends Published {
  readonly ours: Readonly<Record<Split, number>>;
  readonly difference: Readonly<Record<Split, number>>;
  /** Why the two do not measure the same thing, if they do not. */
  readonly note?: string;
}

export function comparePublished(
  source: Source,
  ours: Readonly<Record<Split, { readonly studies: number; readonly images: number }>>,
  choice: ImageChoice,
): Comparison[] {
  return PUBLISHED[source].map((published) => {
    const mine = bySplit((split) => ours[split][published.unit]);
    return {
      ...published,
      ours: mine,
      difference: bySplit((split) => mine[split] - published.counts[split]),
      note: noteOn(source, published, choice),
    };
  });
}

function noteOn(source: Source, { unit }: Published, choice: ImageChoice): string | undefined {
  if (source === 'mimic-cxr' && unit === 'images' && choice !== 'each' && choice !== 'all') {
    return `counts images, every view of a study; this import takes ${choice} of a study (see --per-study)`;
  }
  if (source === 'iu-xray' && choice !== 'two') {
    return `takes two images of a study, and no study with fewer; this import takes ${choice} (see --per-study)`;
  }
  return undefined;
}

const bySplit = (count: (split: Split) => number): Record<Split, number> =>
  Object.fromEntries(SPLITS.map((split) => [split, count(split)])) as Record<Split, number>;
