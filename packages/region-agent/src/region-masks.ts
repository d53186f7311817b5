import { REGIONS, type RegionMasks } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

const R = REGIONS.length;

/** From a policy's layout `[b·p, r]`; new tensors, so that no gradient finds its way back. */
export function regionMasks(actions: Float32Array, probabilities: Float32Array, b: number): RegionMasks {
  const p = actions.length / (b * R);
  const byRegion = (x: Float32Array): tf.Tensor3D => tf.tensor3d(swapped(x, b, p), [b, R, p]);
  return { masks: byRegion(actions), probabilities: byRegion(probabilities) };
}

/** `[b, n, m]` → `[b, m, n]` */
export function swapped(x: Float32Array, b: number, n: number): Float32Array {
  const out = new Float32Array(x.length);
  const m = x.length / (b * n);
  for (let i = 0, at = 0; i < b; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < m; k++, at++) out[(i * m + k) * n + j] = x[at];
    }
  }
  return out;
}
