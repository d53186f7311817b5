// Drawn patients as arrays: pixels of both views, and the share of each patch that each region covers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REGIONS } from '@raca/core/regions';
import { decodeImage, imageFile, makePhantom, openDataset } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';

export const SIZE = 112;
export const GRID = { views: 2, rows: 7, cols: 7 };
const [R, N] = [REGIONS.length, GRID.rows * GRID.cols];

/** Gray of a drawn image, about 0 in the mean and 1 in deviation. */
const GRAY = { mean: 118, deviation: 60 };

/** Draws (or finds) a phantom and reads one of its splits. */
export async function drawn({ out, split, pose, seed, count }) {
  await makePhantom({ out, seed, size: SIZE, pose, train: 0, val: 0, test: 0, [split]: count });
  const { annotation } = openDataset(out, { checkImages: false });
  const { studies } = JSON.parse(readFileSync(join(out, 'regions.json'), 'utf8'));
  const list = annotation[split];
  const pixels = new Uint8Array(list.length * GRID.views * SIZE * SIZE);
  const coverage = new Float32Array(list.length * R * GRID.views * N);
  for (const [i, { id, image_path }] of list.entries()) {
    for (let v = 0; v < GRID.views; v++) {
      const { data, channels } = await decodeImage(imageFile(out, image_path[v]));
      const gray = channels === 1 ? data : data.filter((_, k) => k % channels === 0);
      pixels.set(gray, (i * GRID.views + v) * SIZE * SIZE);
      REGIONS.forEach((name, r) => {
        coverage.set(studies[id][v][name], ((i * R + r) * GRID.views + v) * N);
      });
    }
  }
  return { count: list.length, pixels, coverage, views: GRID.views, n: N, gray: GRAY };
}

/** Some studies' images `[b, v, H, W, 3]`. The caller disposes them. */
export function imagesOf({ pixels, views, gray }, indices) {
  const size = views * SIZE * SIZE;
  const values = new Float32Array(indices.length * size * 3);
  indices.forEach((i, k) => {
    for (let j = 0, at = k * size * 3; j < size; j++) {
      const x = (pixels[i * size + j] - gray.mean) / gray.deviation;
      values[at++] = x;
      values[at++] = x;
      values[at++] = x;
    }
  });
  return tf.tensor5d(values, [indices.length, views, SIZE, SIZE, 3]);
}
