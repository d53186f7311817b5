import { blurred } from './blur';
import type { Picture } from './practice-view';

/** Cells a patch side: shapes are finer than patches. */
export const CELLS = 4;
/** Least share of a patch for it to belong to a region, as in the prior. */
const COVERAGE = 1 / 3;
/** Rounds of expectation and maximisation. */
const ROUNDS = 4;
/** Weight of gray against place, the most it may say (log-odds), and weight of the neighbours. */
const GRAY = 0.7;
const MOST = 4;
const NEIGHBOURS = 3;
/** Outside this field nothing is looked at, or can be chosen. */
const WINDOW = 0.03;
const FLOOR = 0.005;
/** Added to every variance of the gray, whose own is 1. */
const VARIANCE = 0.05;

/** One bell of gray: mean, variance, share. */
interface Bell {
  mean: number;
  variance: number;
  share: number;
}

/** Mean gray of each cell of a view, standardised: `[rows · CELLS · cols · CELLS]`. */
export function cellGray(
  { height, width, channels, values }: Picture,
  rows: number,
  cols: number,
): Float32Array {
  const [h, w] = [rows * CELLS, cols * CELLS];
  const sums = new Float32Array(h * w);
  const counts = new Float32Array(h * w);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * h) / height) * w;
    for (let x = 0; x < width; x++, at += channels) {
      const cell = row + Math.floor(((x + 0.5) * w) / width);
      sums[cell] += values[at];
      counts[cell]++;
    }
  }
  const gray = sums.map((sum, i) => sum / Math.max(counts[i], 1));
  const mean = gray.reduce((a, x) => a + x, 0) / gray.length;
  const deviation = Math.sqrt(gray.reduce((a, x) => a + (x - mean) ** 2, 0) / gray.length) || 1;
  return gray.map((x) => (x - mean) / deviation);
}

/**
 * Fits regions to what an image shows: within a soft field of where each region may lie, its cells are taken to be of
 * one gray (a bell curve) and those around it of two, and each cell goes to the side that explains it better, given
 * its place and its neighbours. Expectation and maximisation, one image and one region at a time; nothing is learned.
 *
 * @param field how likely each cell belongs to each region before its gray is known, `[r, rows · cols · CELLS²]`
 * @param gray see {@link cellGray}
 * @returns masks `[r, rows · cols]`, 1 where a third of a patch's cells were chosen
 */
export function sharpened(field: Float32Array, gray: Float32Array, rows: number, cols: number): Float32Array {
  const [h, w] = [rows * CELLS, cols * CELLS];
  const n = h * w;
  const regions = field.length / n;
  const out = new Float32Array(regions * rows * cols);
  for (let r = 0; r < regions; r++) {
    const chosen = fitted(field.subarray(r * n, (r + 1) * n), gray, h, w);
    for (let p = 0; p < rows * cols; p++) {
      const first = (Math.floor(p / cols) * w + (p % cols)) * CELLS;
      let sum = 0;
      for (let i = 0; i < CELLS; i++) {
        for (let j = 0; j < CELLS; j++) if (chosen[first + i * w + j] >= 0.5) sum++;
      }
      out[r * rows * cols + p] = sum / CELLS ** 2 >= COVERAGE ? 1 : 0;
    }
  }
  return out;
}

function fitted(field: Float32Array, gray: Float32Array, h: number, w: number): Float32Array {
  const cells: number[] = [];
  for (let i = 0; i < field.length; i++) if (field[i] > WINDOW) cells.push(i);
  let belief = field.slice();
  let around: Bell[] | null = null;
  for (let round = 0; round < ROUNDS && cells.length > 0; round++) {
    const inside = bell(cells, gray, (i) => belief[i]);
    if (!around) {
      const all = bell(cells, gray, (i) => 1 - belief[i]);
      const sd = Math.sqrt(all.variance);
      around = [-sd, sd].map((d) => ({ mean: all.mean + d, variance: all.variance / 2, share: 0.5 }));
    }
    const [a, b] = around;
    // share of the first bell in each cell outside
    const first = new Float32Array(field.length);
    for (const i of cells) first[i] = 1 / (1 + Math.exp(log(b, gray[i]) - log(a, gray[i])));
    const [dark, bright] = [
      bell(cells, gray, (i) => first[i] * (1 - belief[i])),
      bell(cells, gray, (i) => (1 - first[i]) * (1 - belief[i])),
    ];
    const total = dark.share + bright.share + 1e-6;
    around = [dark, bright].map((x) => ({ ...x, share: x.share / total }));
    const near = blurred(belief, h, w, 1);
    const next = new Float32Array(field.length);
    for (let i = 0; i < field.length; i++) {
      if (field[i] <= FLOOR) continue;
      const place = Math.min(Math.max(field[i], 0.015), 0.985);
      const outside = sumOfLogs(log(around[0], gray[i]), log(around[1], gray[i]));
      const evidence = Math.min(Math.max(log({ ...inside, share: 1 }, gray[i]) - outside, -MOST), MOST);
      const odds = Math.log(place / (1 - place)) + GRAY * evidence + NEIGHBOURS * (near[i] - 0.5);
      next[i] = 1 / (1 + Math.exp(-odds));
    }
    belief = next;
  }
  return belief;
}

/** Weighted mean and variance of the gray; the share is the sum of weights. */
function bell(cells: readonly number[], gray: Float32Array, weight: (i: number) => number): Bell {
  let [share, sum, squares] = [0, 0, 0];
  for (const i of cells) {
    const x = weight(i);
    share += x;
    sum += x * gray[i];
    squares += x * gray[i] ** 2;
  }
  const mean = sum / (share + 1e-6);
  return { mean, variance: Math.max(squares / (share + 1e-6) - mean ** 2, 0) + VARIANCE, share };
}

const log = ({ mean, variance, share }: Bell, x: number): number =>
  Math.log(share + 1e-6) - ((x - mean) ** 2 / variance + Math.log(variance)) / 2;

const sumOfLogs = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

/** A hard drawing `[r, h · w]` made soft: where a region may lie. */
export function softened(drawing: Float32Array, h: number, w: number): Float32Array {
  const out = new Float32Array(drawing.length);
  for (let r = 0; r < drawing.length / (h * w); r++) {
    const one = drawing.subarray(r * h * w, (r + 1) * h * w);
    out.set(blurred(blurred(one, h, w, 3), h, w, 1), r * h * w);
  }
  return out;
}

/** Probabilities of patches `[r, rows · cols]` as a field of cells, linear between the middles of patches. */
export function spread(probabilities: Float32Array, rows: number, cols: number): Float32Array {
  const [h, w] = [rows * CELLS, cols * CELLS];
  const regions = probabilities.length / (rows * cols);
  const out = new Float32Array(regions * h * w);
  const along = (i: number, most: number): [number, number, number] => {
    const x = Math.min(Math.max((i + 0.5) / CELLS - 0.5, 0), most - 1);
    const first = Math.min(Math.floor(x), Math.max(most - 2, 0));
    return [first, Math.min(first + 1, most - 1), x - first];
  };
  for (let y = 0; y < h; y++) {
    const [top, bottom, q] = along(y, rows);
    for (let x = 0; x < w; x++) {
      const [left, right, p] = along(x, cols);
      for (let r = 0; r < regions; r++) {
        const at = (row: number, col: number): number => probabilities[(r * rows + row) * cols + col];
        const above = at(top, left) * (1 - p) + at(top, right) * p;
        const below = at(bottom, left) * (1 - p) + at(bottom, right) * p;
        out[(r * h + y) * w + x] = above * (1 - q) + below * q;
      }
    }
  }
  return out;
}
