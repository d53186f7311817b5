import * as tf from '@tensorflow/tfjs-core';
import { checkPairs, checkPositive } from '../checks';
import { frozen, meanOf, rowTotals } from '../masked';
import type { Objective, PreferencePairs } from '../objective';
import { referencesOf } from './direct';
import { marginOf } from './gains';
import { logSigmoid } from './log-sigmoid';

/** Options of {@link rrgDpo}. */
export interface RrgDpoOptions {
  /** 0.1 if absent. */
  readonly beta?: number;
  /** Weight of what the chosen report loses against the reference; 0.1 if absent. */
  readonly penalty?: number;
}

/**
 * DPO for reports, on the sentences whose labels differ ({@link pairsOf} makes these masks): mean of −ln σ(β · guarded),
 * guarded = margin of means − penalty · relu(reference mean − policy mean of the chosen report), so that a margin is not
 * won by both reports getting less likely. Pairs with a side without counted tokens are left out.
 * @see https://github.com/ccarliu/RRG-DPO, its formula; relu as in Pal et al. 2024, arXiv:2402.13228
 */
export function rrgDpo({ beta = 0.1, penalty = 0.1 }: RrgDpoOptions = {}): Objective<PreferencePairs> {
  checkPositive('rrgDpo: beta', beta);
  return (pairs) => {
    checkPairs('rrgDpo', pairs, true);
    const references = referencesOf('rrgDpo', pairs);
    return tf.tidy(() => {
      const { values, there } = marginOf(pairs, references, 'mean');
      const { policy, mask } = pairs.chosen;
      const lost = tf.sub(rowTotals(frozen(references[0]), mask).mean, rowTotals(policy, mask).mean);
      const guarded = tf.sub(values, tf.mul(tf.relu(lost), penalty));
      return tf.neg(meanOf(logSigmoid(tf.mul(guarded, beta)), there)) as tf.Scalar;
    });
  };
}
