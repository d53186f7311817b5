import type { RegionMasks } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** From a policy's layout `[b·p, r]`; new tensors, so that no gradient finds its way back. */
export function regionMasks(
  actions: Float32Array,
  probabilities: Float32Array,
  [b, p]: readonly [number, number, ...unknown[]],
): RegionMasks {
  const r = actions.length / (b * p);
  const turned = (x: Float32Array): tf.Tensor3D => tf.tensor3d(swapped(x, b, p), [b, r, p]);
  return { masks: turned(actions), probabilities: turned(probabilities) };
}

/** From a policy's layout `[b·p, r]` to `[b, r, p]`. */
export function byRegion(x: tf.Tensor2D, b: number): tf.Tensor3D {
  return tf.transpose(tf.reshape(x, [b, -1, x.shape[1]]), [0, 2, 1]) as tf.Tensor3D;
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
