// Overlap of masks with organs on the patch grid.
import { REGIONS } from '@raca/core/regions';

const R = REGIONS.length;
/** A patch belongs to an organ that covers a third of it, as in the prior. */
const COVERED = 1 / 3;

/** IoU of two masks of one length, null where the truth is empty. */
export function iou(mask, coverage) {
  let [both, either, wanted] = [0, 0, 0];
  for (let i = 0; i < coverage.length; i++) {
    const [found, there] = [mask[i] >= 0.5, coverage[i] >= COVERED];
    wanted += there;
    both += found && there;
    either += found || there;
  }
  return wanted ? both / either : null;
}

/** Mean of the numbers that are there. */
export function mean(values) {
  const there = values.filter((x) => x !== null && !Number.isNaN(x));
  return there.length ? there.reduce((a, x) => a + x, 0) / there.length : null;
}

/**
 * Mean IoU over a set's studies by view and region, and over all of them.
 * @param masks of study i, `[r · views · n]`
 */
export function overlap({ count, coverage, views, n }, masks) {
  const regions = Array.from({ length: views * R }, (_, k) => {
    const [v, r] = [Math.floor(k / R), k % R];
    return mean(
      Array.from({ length: count }, (_, i) => {
        const from = (r * views + v) * n;
        const truth = coverage.subarray(i * R * views * n + from, i * R * views * n + from + n);
        return iou(masks(i).subarray(from, from + n), truth);
      }),
    );
  });
  return { regions, mean: mean(regions) };
}
