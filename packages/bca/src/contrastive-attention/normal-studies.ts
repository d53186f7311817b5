import { FINDING_STATES, type FindingLabels, type Parameters, zeros } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** The last P normal studies, newest first: `vectors` `[P, d]`, `filled` `[P]` 1 or 0. Saved with the weights, not trained. */
export interface NormalStudies {
  readonly vectors: tf.Variable;
  readonly filled: tf.Variable;
}

export const normalStudies = (p: Parameters, n: number, d: number): NormalStudies => ({
  vectors: p.add('vectors', [n, d], zeros, false),
  filled: p.add('filled', [n], zeros, false),
});

/** Puts vectors `[k, d]` in front of those that are remembered; the oldest go. */
export function remember({ vectors, filled }: NormalStudies, fresh: tf.Tensor2D): void {
  const [n, d] = vectors.shape;
  const k = Math.min(fresh.shape[0], n);
  if (k === 0) return;
  tf.tidy(() => {
    const [rows, flags] = [vectors as unknown as tf.Tensor2D, filled as unknown as tf.Tensor1D];
    vectors.assign(tf.concat([tf.slice(fresh, [0, 0], [k, d]), tf.slice(rows, [0, 0], [n - k, d])]));
    filled.assign(tf.concat([tf.ones([k]), tf.slice(flags, [0], [n - k])]));
  });
}

const NEGATIVE = new Set([FINDING_STATES.indexOf('blank'), FINDING_STATES.indexOf('negative')]);

/** Studies whose report neither finds nor suspects anything. `No Finding` itself is no finding. */
export function normalOnes({ names, states }: FindingLabels): number[] {
  const c = names.length;
  const found = (i: number): boolean =>
    names.some((name, k) => name !== 'No Finding' && !NEGATIVE.has(states[i * c + k]));
  return Array.from({ length: states.length / c }, (_, i) => i).filter((i) => !found(i));
}
