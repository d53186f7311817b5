import type { Random } from '@raca/core';

/** What erasing did to the sentences of positive findings. */
export interface ErasureScores {
  /** Share of findings whose sentence loses more by erasing its own region than by erasing a random one. */
  readonly ownHurtsMore: number;
  /** Mean change of the sentence's log-probability when its own region is erased. */
  readonly ownChange: number;
  /** The same for a random region of the same size and shape. */
  readonly randomChange: number;
  readonly findings: number;
}

/** Log-probability of one finding's sentence: as it is, with its own region erased, with a random one erased. */
export interface ErasedFinding {
  readonly intact: number;
  readonly own: number;
  readonly random: number;
}

/** Sums up {@link ErasedFinding}s; equal losses count half. */
export function erasureScores(findings: readonly ErasedFinding[]): ErasureScores {
  const mean = (of: (finding: ErasedFinding) => number): number =>
    findings.reduce((sum, finding) => sum + of(finding), 0) / findings.length;
  return {
    ownHurtsMore: mean(({ own, random }) => (own < random ? 1 : own === random ? 0.5 : 0)),
    ownChange: mean(({ intact, own }) => own - intact),
    randomChange: mean(({ intact, random }) => random - intact),
    findings: findings.length,
  };
}

/** Largest share of a displaced region that may lie on the region itself. */
const MOST_OVERLAP = 0.25;
const TRIES = 40;

/**
 * The same shape somewhere else: moved by a random number of rows and columns, round the edges. Of some tries the
 * first that leaves the region, or the one that leaves it most.
 *
 * @param mask one view, row by row, each 0 or 1
 */
export function displaced(mask: Uint8Array, rows: number, cols: number, random: Random): Uint8Array {
  const size = mask.reduce((a, x) => a + x, 0);
  let best = mask;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < TRIES && least > MOST_OVERLAP * size; k++) {
    const [down, right] = [random.int(rows), random.int(cols)];
    const moved = mask.map((_, i) => {
      const [y, x] = [Math.floor(i / cols), i % cols];
      return mask[((y + rows - down) % rows) * cols + ((x + cols - right) % cols)];
    });
    const overlap = moved.reduce((a, x, i) => a + x * mask[i], 0);
    if (overlap < least) [best, least] = [moved, overlap];
  }
  return best;
}

/**
 * Images with some patches replaced by the view's mean gray: nothing is said there any more.
 *
 * @param images `[b, v, H, W, 3]` values
 * @param erased `[b, v · rows · cols]`, 1 where a patch goes
 * @param out where the changed copy goes, as long as the images
 * @returns `out`
 */
export function withoutPatches(
  images: Float32Array,
  [b, v, height, width, channels]: readonly number[],
  erased: Uint8Array,
  { rows, cols }: { readonly rows: number; readonly cols: number },
  out = new Float32Array(images.length),
): Float32Array {
  out.set(images);
  const plane = height * width * channels;
  for (let k = 0; k < b * v; k++) {
    const view = out.subarray(k * plane, (k + 1) * plane);
    const marked = erased.subarray(k * rows * cols, (k + 1) * rows * cols);
    if (!marked.includes(1)) continue;
    const means = new Float64Array(channels);
    for (let i = 0; i < plane; i += channels) {
      for (let c = 0; c < channels; c++) means[c] += view[i + c] / (height * width);
    }
    for (let y = 0; y < height; y++) {
      const row = Math.floor(((y + 0.5) * rows) / height) * cols;
      for (let x = 0; x < width; x++) {
        if (!marked[row + Math.floor(((x + 0.5) * cols) / width)]) continue;
        for (let c = 0; c < channels; c++) view[(y * width + x) * channels + c] = means[c];
      }
    }
  }
  return out;
}
