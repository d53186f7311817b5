import type { Random } from '@raca/core/random';
import { expOfMinus, quickLog } from './quick-math';
import type { Exposure } from './study';

/** A fixed table of standard normal numbers; rows start at random places, so that no draw is needed per pixel. */
let table: Float32Array | undefined;
const TABLE = 1 << 16;

function normals(): Float32Array {
  if (table) return table;
  table = new Float32Array(TABLE);
  let state = 0x2545f491;
  for (let i = 0; i < TABLE; i++) {
    let sum = 0; // twelve uniforms: mean 6, variance 1; no transcendental function, so equal everywhere
    for (let k = 0; k < 12; k++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      sum += (state >>> 0) / 4294967296;
    }
    table[i] = sum - 6;
  }
  return table;
}

/** More than the quick functions and single precision move a level: half a unit of a depth to 9.2 is 6e-4 of one. */
const CLOSE = 1 / 256;

/**
 * Film response. Optical depth → transmission `e^−depth` with scatter and photon noise → logarithm → a gray
 * window set by the image itself (dark end: 5 % of the lung fields; bright end: 97 % of the body), exposure,
 * gamma → 8 bits, bone bright.
 *
 * @param depth optical depth of each pixel; overwritten
 * @param regions bits of each pixel, `lung` the one of the lung fields
 */
export function expose(
  depth: Float32Array,
  size: number,
  exposure: Exposure,
  random: Random,
  regions: Uint16Array,
  lung: number,
): Uint8Array {
  const noise = normals();
  blur(depth, size, (exposure.blur * size) / 128);
  const [low, high] = grayWindow(depth, regions, lung);
  const scatter = 0.3 * Math.exp(-high);
  const photons = (exposure.photons * Math.exp(high) * 128 ** 2) / size ** 2;
  const width = (high - low) / exposure.contrast;
  const start = (low + high) / 2 - width * (0.5 + exposure.brightness) - 0.13 * width;
  const curve = new Uint8Array(1024);
  for (let k = 0; k < 1024; k++) curve[k] = Math.round(250 * (k / 1023) ** exposure.gamma);
  const image = new Uint8Array(size * size);
  const steps = 1023 / (width * 1.12);
  for (let y = 0; y < size; y++) {
    const row = random.int(TABLE - size);
    for (let x = 0, i = y * size; x < size; x++, i++) {
      const through = expOfMinus(depth[i]) + scatter;
      const counted = through + Math.sqrt(through / photons) * noise[row + x];
      let level = (-quickLog(Math.max(counted, 1e-4)) - start) * steps;
      if (Math.abs(level - Math.floor(level + 0.5)) < CLOSE) {
        const seen = seenThrough(depth[i], scatter, photons, noise[row + x]);
        level = ((seen - start) / (width * 1.12)) * 1023;
      }
      image[i] = curve[level < 0 ? 0 : level > 1023 ? 1023 : level | 0];
    }
  }
  return image;
}

/** The exact film, in single precision. As only the whole part of a level counts, few pixels ask for it. */
function seenThrough(depth: number, scatter: number, photons: number, grain: number): number {
  const through = Math.exp(-depth) + scatter;
  const counted = through + Math.sqrt(through / photons) * grain;
  return Math.fround(-Math.log(Math.max(counted, 1e-4)));
}

/** Histogram bins of optical depth, {@link PER_UNIT} a unit. */
const BINS = 600;
const PER_UNIT = 50;

/** Optical depths of the window's dark and bright end. */
function grayWindow(depth: Float32Array, regions: Uint16Array, lung: number): [low: number, high: number] {
  const lungs = new Uint32Array(BINS);
  const body = new Uint32Array(BINS);
  for (let i = 0; i < depth.length; i++) {
    const bin = Math.max(0, Math.min((depth[i] * PER_UNIT) | 0, BINS - 1));
    if ((regions[i] & lung) !== 0) lungs[bin]++;
    if (depth[i] > 0.7) body[bin]++;
  }
  const low = quantile(lungs, 0.05);
  return [low, Math.max(low + 0.8, quantile(body, 0.97))];
}

/** Depth below which `share` of a histogram's pixels lie; 2 if there is none. */
function quantile(bins: Uint32Array, share: number): number {
  const count = bins.reduce((sum, n) => sum + n, 0);
  if (count === 0) return 2;
  let seen = 0;
  let k = 0;
  while (k < BINS - 1 && seen + bins[k] < share * count) seen += bins[k++];
  return k / PER_UNIT;
}

/** Gaussian blur in place, standard deviation in pixels; borders repeat. First along the rows, then across them. */
function blur(values: Float32Array, size: number, sigma: number): void {
  const reach = Math.max(1, Math.ceil(2.5 * sigma));
  const weights = Array.from({ length: reach + 1 }, (_, k) => Math.exp((-k * k) / (2 * sigma * sigma)));
  const total = 2 * weights.reduce((sum, w) => sum + w, 0) - weights[0];
  const kernel = Float32Array.from(weights, (w) => w / total);
  const line = new Float32Array(size + 2 * reach);
  const rows = new Float32Array(size * (size + 2 * reach));
  const sums = new Float64Array(size);
  for (let y = 0; y < size; y++) {
    const row = values.subarray(y * size, (y + 1) * size);
    line.fill(row[0], 0, reach).fill(row[size - 1], size + reach);
    line.set(row, reach);
    smooth(sums, line, reach, 1, kernel);
    rows.set(sums, (reach + y) * size);
  }
  for (let k = 0; k < reach; k++) {
    rows.copyWithin(k * size, reach * size, (reach + 1) * size);
    rows.copyWithin((reach + size + k) * size, (reach + size - 1) * size, (reach + size) * size);
  }
  for (let y = 0; y < size; y++) {
    smooth(sums, rows, (reach + y) * size, size, kernel);
    values.set(sums, y * size);
  }
}

/** Weighs the values from `at` on with those 1, 2 ... steps before and after them. */
function smooth(
  sums: Float64Array,
  values: Float32Array,
  at: number,
  step: number,
  kernel: Float32Array,
): void {
  const n = sums.length;
  const [k0, k1] = kernel;
  for (let x = 0, i = at; x < n; x++, i++)
    sums[x] = k0 * values[i] + k1 * (values[i - step] + values[i + step]);
  for (let k = 2; k < kernel.length; k++) {
    const weight = kernel[k];
    const away = k * step;
    for (let x = 0, i = at; x < n; x++, i++) sums[x] += weight * (values[i - away] + values[i + away]);
  }
}
