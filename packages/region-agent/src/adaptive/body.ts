import { soft } from './blur';
import { connected, opened } from './grid-morphology';
import type { Picture, Window } from './practice-view';

/** Levels of gray that are told apart. */
const LEVELS = 1024;
/** Air: below this share of the way from the gray of the darkest hundredth to that of the brightest twentieth. */
const DARK = 0.12;
const [LOW, HIGH] = [0.01, 0.95];
/** Rows and columns with less of the body than this are margin. */
const LEAST = 0.3;
/** A field smaller than this share of a side is not believed. */
const SMALLEST = 0.4;

/** What of an X-ray shows the patient. */
export interface Body {
  readonly height: number;
  readonly width: number;
  /** Rank of each pixel's gray among those of the body, 0 to 1; 0 in the air. `[H · W]` */
  readonly gray: Float32Array;
  /** 1 for dark pixels that hang together with the edge: margins and air beside the body. `[H · W]` */
  readonly air: Uint8Array;
  /** The image without its margins, −½ .. ½. */
  readonly field: Window;
}

/** Tells air and margins from the body, and makes grays of different devices alike: by their rank in the body. */
export function bodyOf(picture: Picture): Body {
  const { height: h, width: w } = picture;
  const values = firstChannel(picture);
  const smooth = soft(values, h, w, 1);
  const level = (x: Float32Array): { of: Uint16Array; upTo: Float64Array } => levels(x, () => true);
  const { of, upTo } = level(smooth);
  const quantile = (q: number): number => upTo.findIndex((share) => share >= q);
  const [low, high] = [quantile(LOW), quantile(HIGH)];
  const dark = Uint8Array.from(of, (x) => (x < low + DARK * (high - low) ? 1 : 0));
  const air = connected(opened(dark, h, w), h, w, (y, x) => y === 0 || x === 0 || y === h - 1 || x === w - 1);
  const ranks = levels(values, (i) => !air[i]);
  const gray = Float32Array.from(values, (_, i) => (air[i] ? 0 : ranks.upTo[ranks.of[i]]));
  return { height: h, width: w, gray, air, field: fieldOf(air, h, w) };
}

/** Ranks as gray with mean about 0 and deviation about 1 in the body, in every channel. */
export function equalised({ gray }: Body, channels: number, out: Float32Array): void {
  for (let i = 0, at = 0; i < gray.length; i++) {
    const x = (2 * gray[i] - 1) * Math.sqrt(3);
    for (let k = 0; k < channels; k++) out[at++] = x;
  }
}

function firstChannel({ height, width, channels, values }: Picture): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => values[i * channels]);
}

/** Level of every value, and the share of counted ones up to each level. */
function levels(
  values: Float32Array,
  counts: (i: number) => boolean,
): { of: Uint16Array; upTo: Float64Array } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values) [least, most] = [Math.min(least, x), Math.max(most, x)];
  const scale = (LEVELS - 1) / Math.max(most - least, 1e-9);
  const of = Uint16Array.from(values, (x) => Math.round((x - least) * scale));
  const upTo = new Float64Array(LEVELS);
  let total = 0;
  of.forEach((x, i) => {
    if (!counts(i)) return;
    upTo[x]++;
    total++;
  });
  for (let x = 0, sum = 0; x < LEVELS; x++) {
    sum += upTo[x];
    upTo[x] = sum / Math.max(total, 1);
  }
  return { of, upTo };
}

/** From the first to the last row and column with enough of the body. */
function fieldOf(air: Uint8Array, h: number, w: number): Window {
  const rows = new Float64Array(h);
  const cols = new Float64Array(w);
  air.forEach((x, i) => {
    rows[Math.floor(i / w)] += (1 - x) / w;
    cols[i % w] += (1 - x) / h;
  });
  const [top, bottom] = ends(rows);
  const [left, right] = ends(cols);
  return { left, right, top, bottom };
}

function ends(shares: Float64Array): [number, number] {
  const first = shares.findIndex((x) => x > LEAST);
  const past = shares.findLastIndex((x) => x > LEAST) + 1;
  if (past - first < SMALLEST * shares.length) return [-0.5, 0.5];
  return [first / shares.length - 0.5, past / shares.length - 0.5];
}
