import type { RasterImage } from './raster';

/** Shorter sides than this hold no chest. */
const TINY = 64;
/** Longer side over shorter of no radiograph of a chest. */
const EXTREME_ASPECT = 2.5;
/**
 * Gray levels between the 1st and the 99th percentile that a picture must have: a tenth of the range. Of 1,361 real radiographs
 * that the project's tests look at, the flattest has 63.
 */
const LEAST_CONTRAST = 26;
/** Mean difference of a pixel's largest and smallest channel above which a picture counts as coloured; radiographs have 0. */
const COLOURED = 8;

/**
 * Why a picture cannot be a chest radiograph that a model could read: it is (nearly) of one gray. One line each; none for a
 * picture that can.
 */
export function imageFaults(image: RasterImage): string[] {
  const spans = Array.from({ length: image.channels }, (_, c) => {
    const levels = histogram(image, c);
    return [percentile(levels, 0.01), percentile(levels, 0.99)] as const;
  });
  const [low, high] = spans.reduce((best, span) => (span[1] - span[0] > best[1] - best[0] ? span : best));
  if (high - low >= LEAST_CONTRAST) return [];
  return [`nearly one gray: 98 of 100 pixels between ${low} and ${high} of 255`];
}

/** What looks odd in a picture that should be a chest radiograph: size, shape, colour, polarity. One line each. */
export function imageWarnings(image: RasterImage): string[] {
  const { width, height } = image;
  const warnings: string[] = [];
  if (Math.min(width, height) < TINY) warnings.push(`tiny: ${width}x${height}`);
  const aspect = Math.max(width, height) / Math.min(width, height);
  if (aspect > EXTREME_ASPECT) warnings.push(`odd shape: ${width}x${height}`);
  if (isColoured(image)) warnings.push('a colour picture: a photograph?');
  else if (imageFaults(image).length === 0 && looksInverted(image))
    warnings.push('looks inverted: the picture is bright where air should be dark');
  return warnings;
}

/**
 * Whether the spine's column is darker than lungs and upper corners. On the 1,918 real radiographs that the tests look at, the
 * difference lies between -8 and 175 gray levels, so that none is taken for inverted, and 99 of 100 of their negatives are.
 */
function looksInverted(image: RasterImage): boolean {
  const [spine, ...airs] = [SPINE, LEFT_LUNG, RIGHT_LUNG, LEFT_CORNER, RIGHT_CORNER].map((box) =>
    mean(image, box),
  );
  const air = (airs[0] + airs[1] + airs[2] + airs[3]) / 4;
  return spine - air < -10;
}

/** Left, right, top, bottom as shares of the sides. */
type Shares = readonly [number, number, number, number];
const SPINE: Shares = [0.42, 0.58, 0.35, 0.9];
const LEFT_LUNG: Shares = [0.18, 0.36, 0.25, 0.6];
const RIGHT_LUNG: Shares = [0.64, 0.82, 0.25, 0.6];
const LEFT_CORNER: Shares = [0, 0.12, 0, 0.1];
const RIGHT_CORNER: Shares = [0.88, 1, 0, 0.1];

function mean({ width, height, channels, data }: RasterImage, [left, right, top, bottom]: Shares): number {
  const step = Math.max(1, Math.floor(Math.min(width, height) / 128));
  let sum = 0;
  let n = 0;
  for (let y = Math.floor(top * height); y < bottom * height; y += step)
    for (let x = Math.floor(left * width); x < right * width; x += step, n++)
      sum += data[(y * width + x) * channels];
  return sum / n;
}

function isColoured({ data, channels }: RasterImage): boolean {
  if (channels < 3) return false;
  let sum = 0;
  for (let i = 0; i < data.length; i += channels)
    sum += Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
  return (sum * channels) / data.length > COLOURED;
}

function histogram({ data, channels }: RasterImage, channel: number): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = channel; i < data.length; i += channels)
    counts[Math.min(255, Math.max(0, Math.round(data[i])))]++;
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
