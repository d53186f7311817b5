import * as tf from '@tensorflow/tfjs-core';
import { checkPositive, checkReports, checkShape, referenceOf } from '../checks';
import { frozen, onlyCounted } from '../masked';
import type { Objective, SampledReports } from '../objective';
import type { Reduction } from './reductions';
import { clippedSurrogate, k3, ratioOf } from './surrogate';

/** The choices in which policy objectives differ. */
export interface PolicyObjectiveConfig {
  /** For messages. */
  readonly name: string;
  /** Advantages `[b·n]`. */
  readonly advantages: (reports: SampledReports) => Float32Array;
  /** Half the width around 1 in which ratios are free; null: −A ln p, without ratio (REINFORCE). */
  readonly clip: number | null;
  /** Weight of k3 to the reference; 0: none, and no reference is needed. */
  readonly klWeight: number;
  /** Largest size of k3 that counts; absent: any. */
  readonly klLimit?: number;
  readonly reduction: Reduction;
}

/**
 * reduction(surrogate + klWeight · k3): what SCST, RLOO, GRPO and their kin have in common.
 * @throws RangeError, when called, if sizes differ or the reference is missing
 */
export function policyObjective(config: PolicyObjectiveConfig): Objective<SampledReports> {
  const { name, clip, klWeight, klLimit, reduction } = config;
  if (clip !== null) checkPositive(`${name}: clip`, clip);
  if (!(klWeight >= 0)) throw new RangeError(`${name}: expected a klWeight of 0 or more, got ${klWeight}`);
  return (reports) => {
    const { mask, old } = reports;
    const [rows] = mask.shape;
    checkReports(name, reports);
    if (old) checkShape(`${name}: old`, old, reports.policy.shape);
    const reference = klWeight > 0 ? referenceOf(name, reports) : null;
    const advantages = config.advantages(reports);
    if (advantages.length !== rows) {
      throw new RangeError(`${name}: expected ${rows} rewards, one for each row, got ${advantages.length}`);
    }
    return tf.tidy(() => {
      const policy = onlyCounted(reports.policy, mask);
      const drawn = clip === null ? null : frozen(old ? onlyCounted(old, mask) : policy);
      const A = tf.tensor2d(advantages, [rows, 1]);
      const surrogate =
        drawn && clip ? clippedSurrogate(ratioOf(policy, drawn), A, clip) : tf.mul(tf.neg(A), policy);
      if (!reference) return reduction(surrogate as tf.Tensor2D, mask);
      const kl = k3(policy, frozen(onlyCounted(reference, mask)));
      const held = klLimit === undefined ? kl : tf.clipByValue(kl, -klLimit, klLimit);
      return reduction(tf.add(surrogate, tf.mul(held, klWeight)), mask);
    });
  };
}
