import type { Random } from '@raca/core';
import { type Affine, affineOf, IDENTITY, inverse } from './affine';

/** How practice views are made: largest changes of the image, drawn uniformly. */
export interface PracticeOptions {
  /** Fractions of the view. */
  readonly shift: number;
  /** ln of the scale, from `-out` to `in`. */
  readonly scaleOut: number;
  readonly scaleIn: number;
  /** ln of width over height. */
  readonly stretch: number;
  /** Radians. */
  readonly turn: number;
  /** Largest change of contrast (a factor's distance from 1), and of brightness in standard deviations of the gray. */
  readonly contrast: number;
  readonly brightness: number;
}

/** Share of views that stay where they are. */
const LEFT_ALONE = 0.1;
/** Share of views with a made-up dark border, so that an edge does not tell how a view was moved; its largest width. */
const BORDERS = 0.5;
const BORDER = 0.18;

/** The part of a view that is shown, from −½ to ½. */
export interface Window {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** All of it. */
export const WHOLE: Window = { left: -1, right: 1, top: -1, bottom: 1 };

/** A random move of one view. */
export function randomMove(
  { shift, scaleOut, scaleIn, stretch, turn }: PracticeOptions,
  random: Random,
): Affine {
  if (random.next() < LEFT_ALONE) return IDENTITY;
  const scale = random.uniform(-scaleOut, scaleIn);
  const wider = random.uniform(-stretch, stretch);
  return affineOf({
    dx: random.uniform(-shift, shift),
    dy: random.uniform(-shift, shift),
    wide: scale + wider,
    high: scale - wider,
    turn: random.uniform(-turn, turn),
  });
}

/** One view's pixels. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** `[H, W, c]`, about 0 in the mean and 1 in deviation. */
  readonly values: Float32Array;
}

/**
 * The picture moved (bilinear, edges repeated within half a pixel, outside as dark as its darkest pixel), now and then
 * with a dark border, and with another contrast and brightness.
 *
 * @param out receives `[H, W, c]`
 * @returns what is left within the made-up border
 */
export function practiceView(
  picture: Picture,
  map: Affine,
  { contrast, brightness }: Pick<PracticeOptions, 'contrast' | 'brightness'>,
  random: Random,
  out: Float32Array,
): Window {
  const { height, width, channels, values } = picture;
  const [a, b, c, d, e, f] = inverse(map);
  let dark = Number.POSITIVE_INFINITY;
  for (const x of values) if (x < dark) dark = x;
  const gain = 1 + random.uniform(-contrast, contrast);
  const lift = random.uniform(-brightness, brightness);
  const kept = random.next() < BORDERS ? borderless(random.int(4), random.uniform(0, BORDER)) : WHOLE;
  const darkness = gain * dark + lift;
  for (let row = 0, at = 0; row < height; row++) {
    const y = (row + 0.5) / height - 0.5;
    for (let col = 0; col < width; col++, at += channels) {
      const x = (col + 0.5) / width - 0.5;
      const u = (a * x + b * y + c + 0.5) * width - 0.5;
      const v = (d * x + e * y + f + 0.5) * height - 0.5;
      const inside = u > -0.5 && v > -0.5 && u < width - 0.5 && v < height - 0.5;
      if (!inside || !isShown(kept, x, y)) {
        for (let k = 0; k < channels; k++) out[at + k] = darkness;
        continue;
      }
      const u0 = clamp(Math.floor(u), width - 2);
      const v0 = clamp(Math.floor(v), height - 2);
      const p = clamp(u - u0, 1);
      const q = clamp(v - v0, 1);
      const first = (v0 * width + u0) * channels;
      const below = first + width * channels;
      for (let k = 0; k < channels; k++) {
        const top = values[first + k] * (1 - p) + values[first + channels + k] * p;
        const bottom = values[below + k] * (1 - p) + values[below + channels + k] * p;
        out[at + k] = gain * (top * (1 - q) + bottom * q) + lift;
      }
    }
  }
  return kept;
}

/** `[rows · cols]`: 1 where a patch's middle shows part of the picture that was there before it was moved, within a window. */
export function knownPatches(map: Affine, rows: number, cols: number, shown: Window = WHOLE): Uint8Array {
  const [a, b, c, d, e, f] = inverse(map);
  return Uint8Array.from({ length: rows * cols }, (_, i) => {
    const y = (Math.floor(i / cols) + 0.5) / rows - 0.5;
    const x = ((i % cols) + 0.5) / cols - 0.5;
    const inside = Math.abs(a * x + b * y + c) <= 0.5 && Math.abs(d * x + e * y + f) <= 0.5;
    return inside && isShown(shown, x, y) ? 1 : 0;
  });
}

/** Without a border on the left, right, top or bottom. */
function borderless(side: number, depth: number): Window {
  const edge = 0.5 - depth;
  return [
    { ...WHOLE, left: -edge },
    { ...WHOLE, right: edge },
    { ...WHOLE, top: -edge },
    { ...WHOLE, bottom: edge },
  ][side];
}

const isShown = ({ left, right, top, bottom }: Window, x: number, y: number): boolean =>
  x >= left && x <= right && y >= top && y <= bottom;

const clamp = (x: number, most: number): number => Math.min(Math.max(x, 0), most);
