import * as tf from '@tensorflow/tfjs-core';
import { frozen, rowTotals } from '../masked';
import type { PreferencePairs, ScoredReports } from '../objective';

/** How a report's tokens become one number: their sum, or their mean, which does not favour short reports. */
export type Pooling = 'sum' | 'mean';

/** Numbers of pairs, `[m]`, and which of these pairs are there (1 or 0). */
export interface PairNumbers {
  readonly values: tf.Tensor1D;
  readonly there: tf.Tensor1D;
}

/** ln p(report) − ln p_reference(report), `[rows]`: how much the model has come to like it. 0 where nothing counts. */
export function gainOf(
  { policy, mask }: ScoredReports,
  reference: tf.Tensor2D,
  pooling: Pooling,
): PairNumbers {
  const [now, before] = [rowTotals(policy, mask), rowTotals(frozen(reference), mask)];
  return { values: tf.sub(now[pooling], before[pooling]), there: now.there };
}

/**
 * gain(chosen) − gain(rejected). A sum over no tokens is 0, so a pair with one empty side is a pair; a mean is not.
 * @param references of chosen and rejected
 */
export function marginOf(
  { chosen, rejected }: PreferencePairs,
  references: readonly [tf.Tensor2D, tf.Tensor2D],
  pooling: Pooling,
): PairNumbers {
  const [good, bad] = [gainOf(chosen, references[0], pooling), gainOf(rejected, references[1], pooling)];
  const there = (pooling === 'sum' ? tf.maximum : tf.mul)(good.there, bad.there) as tf.Tensor1D;
  return { values: tf.sub(good.values, bad.values), there };
}
