import * as tf from '@tensorflow/tfjs-core';
import { checkPairs, checkPositive, checkShape } from '../checks';
import { meanOf, rowTotals } from '../masked';
import type { Objective, PreferencePairs } from '../objective';
import { tokenMean } from '../policy/reductions';
import { logSigmoid } from './log-sigmoid';

/** Options of {@link simpo}. */
export interface SimpoOptions {
  /** 2 if absent. */
  readonly beta?: number;
  /** Margin that is wanted, γ; 1 if absent. */
  readonly gamma?: number;
}

/** Options of {@link orpo}. */
export interface OrpoOptions {
  /** Weight of the odds ratio; 0.1 if absent. */
  readonly weight?: number;
}

/** Pairs, and where the chosen reports' own likelihood counts. */
export interface LearnedPairs extends PreferencePairs {
  /** `[m, t]`, the whole chosen reports where `chosen.mask` is of sentences; absent: `chosen.mask`. */
  readonly wholeChosen?: tf.Tensor2D;
}

/**
 * Simple preference optimisation: mean of −ln σ(β (mean chosen − mean rejected) − γ). No reference. Pairs with a side
 * without counted tokens are left out.
 * @see Meng et al. 2024, arXiv:2405.14734, equation 6
 */
export function simpo({ beta = 2, gamma = 1 }: SimpoOptions = {}): Objective<PreferencePairs> {
  checkPositive('simpo: beta', beta);
  return (pairs) => {
    checkPairs('simpo', pairs, false);
    return tf.tidy(() => {
      const { chosen, rejected, there } = meansOf(pairs);
      const margin = tf.sub(tf.mul(tf.sub(chosen, rejected), beta), gamma);
      return tf.neg(meanOf(logSigmoid(margin), there)) as tf.Scalar;
    });
  };
}

/**
 * Odds ratio preference optimisation: cross-entropy of the chosen reports − weight · mean of ln σ(log-odds ratio). No
 * reference. Pairs with a side without counted tokens have no odds ratio; their chosen report is learned all the same.
 * @see Hong et al. 2024, arXiv:2403.07691, equations 6 and 7
 */
export function orpo({ weight = 0.1 }: OrpoOptions = {}): Objective<LearnedPairs> {
  checkPositive('orpo: weight', weight);
  return (pairs) => {
    checkPairs('orpo', pairs, false);
    const { policy, mask } = pairs.chosen;
    const whole = pairs.wholeChosen ?? mask;
    checkShape('orpo: wholeChosen', whole, policy.shape);
    return tf.tidy(() => {
      const { chosen, rejected, there } = meansOf(pairs);
      const ratio = tf.sub(logOdds(chosen), logOdds(rejected));
      return tf.sub(tf.neg(tokenMean(policy, whole)), tf.mul(meanOf(logSigmoid(ratio), there), weight));
    });
  };
}

/** Mean log-probabilities of both sides, and where both are. */
function meansOf({ chosen, rejected }: PreferencePairs) {
  const [good, bad] = [chosen, rejected].map(({ policy, mask }) => rowTotals(policy, mask));
  return { chosen: good.mean, rejected: bad.mean, there: tf.mul(good.there, bad.there) as tf.Tensor1D };
}

/** ln p − ln(1 − p) of ln p. */
function logOdds(logP: tf.Tensor1D): tf.Tensor1D {
  const held = tf.minimum(logP, -1e-6); // at p = 1 the odds are infinite
  return tf.sub(held, tf.log1p(tf.neg(tf.exp(held))));
}
