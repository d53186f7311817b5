import { REGIONS } from '@raca/core';
import { anatomicalPrior } from '../prior/anatomical-prior';
import { Atlas } from './atlas';
import { soft } from './blur';
import type { Body } from './body';
import { grown } from './forest';
import { connected, opened } from './grid-morphology';

/** Cells a side of what a body shows. */
const SIDE = 56;
const N = SIDE * SIDE;
const R = REGIONS.length;
const LUNGS = REGIONS.indexOf('Lung fields');
const HEART = REGIONS.indexOf('Heart');
/** Regions that {@link outlined} draws. */
export const OUTLINED: readonly number[] = [LUNGS, HEART];

/** Of the drawing made soft: lungs grow from here, dark and bright are told apart here, no lung is here. */
const CORE = 0.9;
const LIKELY = 0.3;
const FAR = 0.01;
/** Reach of both softenings in cells. */
const [NEAR_REACH, FAR_REACH] = [3, 6];
/** Rows and columns with fewer cells than this do not belong to the lungs' box. */
const LEAST = 3;
/** A lung field smaller than this many cells a side is not believed. */
const SMALLEST = 8;
const BINS = 64;

interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

interface Drawing {
  readonly heart: Uint8Array;
  readonly near: Float32Array;
  readonly far: Float32Array;
  readonly box: Box;
}

let drawing: Drawing | null = null;

/** The prior of a frontal view on cells, drawn once. */
function drawn(): Drawing {
  if (drawing) return drawing;
  const prior = anatomicalPrior(SIDE, SIDE, 'frontal')!;
  const lungs = prior.slice(LUNGS * N, (LUNGS + 1) * N);
  drawing = {
    heart: Uint8Array.from(prior.subarray(HEART * N, (HEART + 1) * N)),
    near: soft(lungs, SIDE, SIDE, NEAR_REACH),
    far: soft(lungs, SIDE, SIDE, FAR_REACH),
    box: boxOf(Uint8Array.from(lungs))!,
  };
  return drawing;
}

/**
 * Lungs and heart of one frontal X-ray by what it shows, started from the coarse prior; nothing is learned. The prior is
 * laid on the body's field, without margins. Lungs: darker than the best threshold (Otsu, IEEE Trans. SMC 9, 1979) and
 * nearer by gray to the middle of the drawn lungs than to the air, the edges and what is far from the drawing
 * ({@link grown}). Heart: the drawn one, carried along by the box around the lungs, less the lungs.
 *
 * @returns an atlas of {@link OUTLINED} in the image's own place; the other regions are empty
 */
export function outlined(body: Body): Atlas {
  const { gray, air } = cellsOf(body);
  const lungs = lungsOf(gray, air);
  const heart = heartOf(lungs);
  const { left, right, top, bottom } = body.field;
  return new Atlas((rows, cols) => {
    const out = new Float32Array(R * rows * cols);
    for (let row = 0; row < rows; row++) {
      const y = Math.floor((((row + 0.5) / rows - 0.5 - top) / (bottom - top)) * SIDE);
      if (y < 0 || y >= SIDE) continue;
      for (let col = 0; col < cols; col++) {
        const x = Math.floor((((col + 0.5) / cols - 0.5 - left) / (right - left)) * SIDE);
        if (x < 0 || x >= SIDE) continue;
        out[(LUNGS * rows + row) * cols + col] = lungs[y * SIDE + x];
        out[(HEART * rows + row) * cols + col] = heart[y * SIDE + x];
      }
    }
    return out;
  });
}

/** Gray and air on cells of the field. */
function cellsOf({ gray, air, field, height, width }: Body): { gray: Float32Array; air: Uint8Array } {
  const smooth = soft(gray, height, width, 1);
  const out = { gray: new Float32Array(N), air: new Uint8Array(N) };
  const at = (k: number, from: number, to: number, size: number): number =>
    Math.min(Math.floor((from + ((k + 0.5) / SIDE) * (to - from) + 0.5) * size), size - 1);
  for (let i = 0; i < N; i++) {
    const y = at(Math.floor(i / SIDE), field.top, field.bottom, height);
    const x = at(i % SIDE, field.left, field.right, width);
    out.gray[i] = smooth[y * width + x];
    out.air[i] = air[y * width + x];
  }
  return out;
}

function lungsOf(gray: Float32Array, air: Uint8Array): Uint8Array {
  const { near, far } = drawn();
  const limit = threshold(gray.filter((_, i) => near[i] > LIKELY && !air[i]));
  const dark = Uint8Array.from(gray, (x, i) => (x < limit && !air[i] ? 1 : 0));
  const seeds = Uint8Array.from(dark, (isDark, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    const edge = y === 0 || x === 0 || y === SIDE - 1 || x === SIDE - 1;
    if (edge || air[i] || far[i] < FAR) return 2;
    return isDark && near[i] > CORE ? 1 : 0;
  });
  const labels = grown(soft(gray, SIDE, SIDE, 1), seeds, SIDE, SIDE);
  const lungs = opened(
    dark.map((isDark, i) => (isDark && labels[i] === 1 ? 1 : 0)),
    SIDE,
    SIDE,
  );
  return connected(lungs, SIDE, SIDE, (y, x) => seeds[y * SIDE + x] === 1);
}

function heartOf(lungs: Uint8Array): Uint8Array {
  const { heart, box } = drawn();
  const found = boxOf(lungs) ?? box;
  const along = (k: number, from: number, to: number, first: number, last: number): number =>
    Math.floor(first + ((k + 0.5 - from) / (to - from)) * (last - first));
  return lungs.map((isLung, i) => {
    if (isLung) return 0;
    const y = along(Math.floor(i / SIDE), found.top, found.bottom, box.top, box.bottom);
    const x = along(i % SIDE, found.left, found.right, box.left, box.right);
    return y >= 0 && x >= 0 && y < SIDE && x < SIDE ? heart[y * SIDE + x] : 0;
  });
}

/** The box around a mask, or null if it is too small. */
function boxOf(mask: Uint8Array): Box | null {
  const [rows, cols] = [new Uint8Array(SIDE), new Uint8Array(SIDE)];
  mask.forEach((x, i) => {
    rows[Math.floor(i / SIDE)] += x;
    cols[i % SIDE] += x;
  });
  const enough = (x: number): boolean => x >= LEAST;
  const [top, bottom] = [rows.findIndex(enough), rows.findLastIndex(enough) + 1];
  const [left, right] = [cols.findIndex(enough), cols.findLastIndex(enough) + 1];
  return Math.min(bottom - top, right - left) > SMALLEST ? { top, bottom, left, right } : null;
}

/** Otsu's threshold of grays from 0 to 1: between the two halves that differ most. */
function threshold(grays: Float32Array): number {
  const counts = new Float64Array(BINS);
  for (const x of grays) counts[Math.min(Math.floor(x * BINS), BINS - 1)]++;
  const all = counts.reduce((sum, count, k) => sum + count * (k + 0.5), 0);
  let [below, weighted, most, best] = [0, 0, -1, BINS / 2];
  for (let k = 0; k < BINS - 1; k++) {
    below += counts[k];
    weighted += counts[k] * (k + 0.5);
    const above = grays.length - below;
    if (!below || !above) continue;
    const difference = weighted / below - (all - weighted) / above;
    const between = below * above * difference ** 2;
    if (between > most) [most, best] = [between, k + 1];
  }
  return best / BINS;
}
