import { REGIONS } from '@raca/core/regions';
import type { RegionTruth } from '@raca/data';

/**
 * Least share of a patch that an organ must cover for the patch to belong to it: that of the anatomical prior, so
 * that the prior is judged by its own rule.
 */
export const COVERED = 1 / 3;

/** How well two sets of patches agree, both 0..1. */
export interface Overlap {
  readonly iou: number;
  readonly dice: number;
}

/** Mean overlap of one region in one view. */
export interface RegionOverlap extends Overlap {
  readonly region: string;
  readonly view: number;
  /** Studies in which the organ fills at least one patch; the others are not counted. */
  readonly studies: number;
}

/** A system's overlaps. */
export interface OverlapScores {
  readonly system: string;
  /** View by view, regions in visiting order. */
  readonly regions: readonly RegionOverlap[];
  /** Mean over regions and views that occur in some study. */
  readonly mean: Overlap;
}

/** Masks of one study, `[r · views · rows · cols]`, each 0 or 1, region by region. */
export type StudyMasks = ArrayLike<number>;

/** |A ∩ B| / |A ∪ B| and 2|A ∩ B| / (|A| + |B|) of two masks of one length; null where the truth is empty. */
export function overlapOf(mask: ArrayLike<number>, truth: ArrayLike<number>): Overlap | null {
  let [both, found, wanted] = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const [a, b] = [mask[i] ? 1 : 0, truth[i] ? 1 : 0];
    both += a * b;
    found += a;
    wanted += b;
  }
  if (wanted === 0) return null;
  return { iou: both / (found + wanted - both), dice: (2 * both) / (found + wanted) };
}

/** Coverages 0..1 → 0 or 1 by {@link COVERED}. */
export const covered = (coverage: readonly number[]): Uint8Array =>
  Uint8Array.from(coverage, (share) => (share >= COVERED ? 1 : 0));

/**
 * The rectangle of patches that agrees best with a mask: how far a box can go.
 * @returns as long as the mask, each 0 or 1; empty for an empty mask
 */
export function bestRectangle(truth: ArrayLike<number>, rows: number, cols: number): Uint8Array {
  const sums = new Int32Array((rows + 1) * (cols + 1)); // of all patches above and left
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const [here, up] = [(y + 1) * (cols + 1) + x + 1, y * (cols + 1) + x + 1];
      sums[here] = (truth[y * cols + x] ? 1 : 0) + sums[up] + sums[here - 1] - sums[up - 1];
    }
  }
  const wanted = sums[sums.length - 1];
  let best = { iou: 0, box: [0, 0, 0, 0] };
  const at = (y: number, x: number): number => sums[y * (cols + 1) + x];
  for (let top = 0; top < rows; top++) {
    for (let bottom = top + 1; bottom <= rows; bottom++) {
      for (let left = 0; left < cols; left++) {
        for (let right = left + 1; right <= cols; right++) {
          const both = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
          const iou = both / ((bottom - top) * (right - left) + wanted - both);
          if (iou > best.iou) best = { iou, box: [top, bottom, left, right] };
        }
      }
    }
  }
  const [top, bottom, left, right] = best.box;
  return Uint8Array.from({ length: rows * cols }, (_, i) => {
    const [y, x] = [Math.floor(i / cols), i % cols];
    return y >= top && y < bottom && x >= left && x < right ? 1 : 0;
  });
}

/** What {@link overlapScores} needs to know of the data. */
export interface OverlapTruth {
  /** One entry a study, in the order of the masks: per view, the covered share of each patch by region. */
  readonly studies: RegionTruth['studies'][string][];
  /** Patches a view. */
  readonly patches: number;
  readonly views: number;
  /** Names of the regions, `[r]`; the 12 where absent. */
  readonly names?: readonly string[];
}

/** Mean overlap of a system's masks with the truth, per region and view. @param masks of study `i` */
export function overlapScores(
  system: string,
  masks: (i: number) => StudyMasks,
  { studies, patches, views, names = REGIONS }: OverlapTruth,
): OverlapScores {
  const regions: RegionOverlap[] = [];
  for (let view = 0; view < views; view++) {
    names.forEach((region, r) => {
      const found: Overlap[] = [];
      studies.forEach((study, i) => {
        const coverage = study[view]?.[region];
        if (!coverage) return;
        const own = masks(i);
        const from = (r * views + view) * patches;
        const mask = Uint8Array.from({ length: patches }, (_, k) => own[from + k]);
        const overlap = overlapOf(mask, covered(coverage));
        if (overlap) found.push(overlap);
      });
      regions.push({ region, view, studies: found.length, ...meanOverlap(found) });
    });
  }
  return { system, regions, mean: meanOverlap(regions.filter(({ studies: n }) => n > 0)) };
}

/** Masks of the best rectangle of every region and view: an oracle, since it looks at the truth. */
export function rectangleMasks(
  study: OverlapTruth['studies'][number],
  { rows, cols, views }: { rows: number; cols: number; views: number },
  names: readonly string[] = REGIONS,
): Uint8Array {
  const n = rows * cols;
  const out = new Uint8Array(names.length * views * n);
  names.forEach((region, r) => {
    for (let view = 0; view < views; view++) {
      const coverage = study[view]?.[region];
      if (coverage) out.set(bestRectangle(covered(coverage), rows, cols), (r * views + view) * n);
    }
  });
  return out;
}

function meanOverlap(list: readonly Overlap[]): Overlap {
  const mean = (key: keyof Overlap): number => list.reduce((a, x) => a + x[key], 0) / list.length;
  return { iou: mean('iou'), dice: mean('dice') };
}
