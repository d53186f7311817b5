// Drawn patients: frontal pictures, true findings, and the patches that the agent's prior gives each region.
import { Random } from '@raca/core/random';
import { renderView, sampleStudy } from '@raca/data';
import * as tf from '@tensorflow/tfjs-core';
import { claimsOf } from './claims.mjs';

export const SIZE = 112;
export const GRID = { views: 1, rows: 14, cols: 14 };
/** Gray of a drawn image, about 0 in the mean and 1 in deviation. */
const GRAY = { mean: 118, deviation: 60 };

/** Patients with at least one claim about a place. */
export function drawPatients(seed, count) {
  const random = new Random(seed);
  const patients = [];
  for (let i = 0; patients.length < count; i++) {
    const own = random.split(`patient ${i}`);
    const study = sampleStudy(own);
    const claims = claimsOf(study.findings, own.split('claims'));
    if (!claims.some(({ test }) => test === 'place')) continue;
    const { image } = renderView(study, 'frontal', SIZE);
    patients.push({ image, claims, findings: study.findings });
  }
  return patients;
}

/** `[b, 1, H, W, 3]`; the caller disposes it. */
export function imagesOf(patients) {
  const n = SIZE * SIZE;
  const values = new Float32Array(patients.length * n * 3);
  patients.forEach(({ image }, i) => {
    for (let j = 0; j < n; j++)
      values.fill((image[j] - GRAY.mean) / GRAY.deviation, (i * n + j) * 3, (i * n + j + 1) * 3);
  });
  return tf.tensor5d(values, [patients.length, 1, SIZE, SIZE, 3]);
}

/** Claims of some patients, as rows of a batch. */
export const claimsIn = (patients) =>
  patients.flatMap(({ claims }, study) => claims.map((claim) => ({ ...claim, study })));
