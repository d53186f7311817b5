/** Stored values of a picture. */
interface StoredPicture {
  /** Pixels that have each stored word. */
  readonly pixels: Uint32Array;
  /** Value of a word. */
  readonly stored: (word: number) => number;
  readonly inverse: boolean;
}

/**
 * Level 0..255 of each stored word as MIMIC-CXR-JPG's authors made them (Johnson et al. 2019, arXiv:1901.07042): stored
 * values from the least to the largest, cut to whole numbers of 0..255, MONOCHROME1 inverted, and OpenCV's `equalizeHist`
 * over that. Their JPEG compression (quality 95) is not repeated.
 */
export function equalised(levels: Uint8Array, { pixels, stored, inverse }: StoredPicture): void {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  pixels.forEach((n, word) => {
    if (n === 0) return;
    least = Math.min(least, stored(word));
    most = Math.max(most, stored(word));
  });
  const histogram = new Uint32Array(256);
  pixels.forEach((n, word) => {
    const level = most > least ? Math.floor((255 * (stored(word) - least)) / (most - least)) : 0;
    levels[word] = inverse ? 255 - level : level;
    if (n > 0) histogram[levels[word]] += n;
  });
  const table = equalizeHist(histogram);
  for (let word = 0; word < levels.length; word++) levels[word] = table[levels[word]];
}

/** OpenCV's `cv::equalizeHist`: the share of pixels up to a level but for those of the lowest, times 255. */
export function equalizeHist(histogram: Uint32Array): Uint8Array {
  const total = histogram.reduce((sum, n) => sum + n, 0);
  const first = histogram.findIndex((n) => n > 0);
  const table = new Uint8Array(256);
  if (first < 0) return table;
  if (histogram[first] === total) return table.fill(first);
  const scale = Math.fround(255 / (total - histogram[first]));
  let sum = 0;
  for (let level = first + 1; level < 256; level++) {
    sum += histogram[level];
    table[level] = Math.min(255, halfToEven(Math.fround(sum * scale)));
  }
  return table;
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
