import type { Random } from '@raca/core/random';
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

/**
 * Film response. Optical depth → transmission `e^−depth` with scatter and photon noise → logarithm → a gray
 * window set by the image itself (dark end: 5 % of the lung fields; bright end: 97 % of the body), exposure,
 * gamma → 8 bits, bone bright.
 *
 * @param depth optical depth of each pixel; overwritten
 */
export function expose(
  depth: Float32Array,
  size: number,
  exposure: Exposure,
  random: Random,
  isLung: (i: number) => boolean,
): Uint8Array {
  const n = size * size;
  const noise = normals();
  blur(depth, size, (exposure.blur * size) / 128);
  const low = quantile(depth, 0.05, isLung);
  const high = Math.max(
    low + 0.8,
    quantile(depth, 0.97, (i) => depth[i] > 0.7),
  );
  const scatter = 0.3 * Math.exp(-high);
  const photons = (exposure.photons * Math.exp(high) * 128 ** 2) / size ** 2;
  for (let y = 0; y < size; y++) {
    const row = random.int(TABLE - size);
    for (let x = 0, i = y * size; x < size; x++, i++) {
      const through = Math.exp(-depth[i]) + scatter;
      const counted = through + Math.sqrt(through / photons) * noise[row + x];
      depth[i] = -Math.log(Math.max(counted, 1e-4));
    }
  }
  const width = (high - low) / exposure.contrast;
  const start = (low + high) / 2 - width * (0.5 + exposure.brightness) - 0.13 * width;
  const image = new Uint8Array(n);
  const curve = new Uint8Array(1024);
  for (let k = 0; k < 1024; k++) curve[k] = Math.round(250 * (k / 1023) ** exposure.gamma);
  for (let i = 0; i < n; i++) {
    const level = ((depth[i] - start) / (width * 1.12)) * 1023;
    image[i] = curve[level < 0 ? 0 : level > 1023 ? 1023 : level | 0];
  }
  return image;
}

/** Value below which `share` of the chosen pixels lie, from a histogram of 1/50; 2 if none is chosen. */
function quantile(depth: Float32Array, share: number, chosen: (i: number) => boolean): number {
  const bins = new Uint32Array(600);
  let count = 0;
  for (let i = 0; i < depth.length; i++) {
    if (!chosen(i)) continue;
    const bin = (depth[i] * 50) | 0;
    bins[bin < 0 ? 0 : Math.min(bin, 599)]++;
    count++;
  }
  if (count === 0) return 2;
  let seen = 0;
  let k = 0;
  while (k < 599 && seen + bins[k] < share * count) seen += bins[k++];
  return k / 50;
}

/** Gaussian blur in place, standard deviation in pixels; borders repeat. */
function blur(values: Float32Array, size: number, sigma: number): void {
  const reach = Math.max(1, Math.ceil(2.5 * sigma));
  const weights = Array.from({ length: reach + 1 }, (_, k) => Math.exp((-k * k) / (2 * sigma * sigma)));
  const total = 2 * weights.reduce((sum, w) => sum + w, 0) - weights[0];
  const kernel = Float32Array.from(weights, (w) => w / total);
  const line = new Float32Array(size + 2 * reach);
  for (let pass = 0; pass < 2; pass++) {
    const step = pass === 0 ? 1 : size;
    const stride = pass === 0 ? size : 1;
    for (let l = 0; l < size; l++) {
      const base = l * stride;
      for (let k = 0; k < size; k++) line[k + reach] = values[base + k * step];
      for (let k = 0; k < reach; k++) {
        line[k] = line[reach];
        line[size + reach + k] = line[size + reach - 1];
      }
      for (let k = 0; k < size; k++) {
        let sum = kernel[0] * line[k + reach];
        for (let j = 1; j <= reach; j++) sum += kernel[j] * (line[k + reach - j] + line[k + reach + j]);
        values[base + k * step] = sum;
      }
    }
  }
}
