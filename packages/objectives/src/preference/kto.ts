import * as tf from '@tensorflow/tfjs-core';
import { checkNumbers, checkPositive, checkReports, referenceOf } from '../checks';
import { meanOf } from '../masked';
import type { Objective, PreferencePairs } from '../objective';
import { gainOf } from './gains';

/** Options of {@link kto}. */
export interface KtoOptions {
  /** 0.1 if absent. */
  readonly beta?: number;
  /** Weight of wanted reports; 1 if absent. */
  readonly desirable?: number;
  /** Weight of unwanted reports; 1 if absent. */
  readonly undesirable?: number;
}

/** Wanted and unwanted reports, which need not be pairs, nor equally many. */
export interface JudgedReports extends PreferencePairs {
  /** ln p of whole reports set beside the wrong study: what the model has drifted where there is nothing to learn. */
  readonly mismatched: { readonly policy: ArrayLike<number>; readonly reference: ArrayLike<number> };
}

/**
 * Kahneman–Tversky optimisation: mean over all reports of w (1 − σ(β (gain − level))) for wanted ones and
 * w (1 − σ(β (level − gain))) for unwanted ones; level as {@link ktoLevel}. Reports without counted tokens are left out.
 * @see Ethayarajh et al. 2024, arXiv:2402.01306
 */
export function kto(options: KtoOptions = {}): Objective<JudgedReports> {
  const { beta = 0.1, desirable = 1, undesirable = 1 } = options;
  checkPositive('kto: beta', beta);
  return ({ chosen, rejected, mismatched }) => {
    checkReports('kto', chosen, 'chosen ');
    checkReports('kto', rejected, 'rejected ');
    const level = ktoLevel(mismatched);
    const references = [referenceOf('kto', chosen, 'chosen '), referenceOf('kto', rejected, 'rejected ')];
    return tf.tidy(() => {
      const [good, bad] = [gainOf(chosen, references[0], 'sum'), gainOf(rejected, references[1], 'sum')];
      const disliked = tf.sub(1, tf.sigmoid(tf.mul(tf.sub(good.values, level), beta)));
      const liked = tf.sub(1, tf.sigmoid(tf.mul(tf.sub(level, bad.values), beta)));
      const losses = tf.concat([tf.mul(disliked, desirable), tf.mul(liked, undesirable)]);
      return meanOf(losses, tf.concat([good.there, bad.there]));
    });
  };
}

/** max(0, mean of ln p − ln p_reference), an estimate of KL; a constant. 0 without reports. */
export function ktoLevel({ policy, reference }: JudgedReports['mismatched']): number {
  checkNumbers('kto: mismatched policy', policy, policy.length);
  checkNumbers('kto: mismatched reference', reference, policy.length);
  let sum = 0;
  for (let i = 0; i < policy.length; i++) sum += policy[i] - reference[i];
  return Math.max(0, sum / Math.max(1, policy.length));
}
