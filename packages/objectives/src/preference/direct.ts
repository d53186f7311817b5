import * as tf from '@tensorflow/tfjs-core';
import { checkPairs, checkPositive, referenceOf } from '../checks';
import { meanOf } from '../masked';
import type { Objective, PreferencePairs } from '../objective';
import { marginOf, type Pooling } from './gains';
import { logSigmoid } from './log-sigmoid';

/** Options of {@link dpo}. */
export interface DpoOptions {
  /** How strongly the model is held to the reference; 0.1 if absent. */
  readonly beta?: number;
}

/** Options of {@link ipo}. */
export interface IpoOptions extends DpoOptions {
  /** `mean` if absent. */
  readonly pooling?: Pooling;
}

/**
 * Direct preference optimisation: mean of −ln σ(β · margin), the margin of sums. Pairs of which neither side has counted
 * tokens are left out.
 * @see Rafailov et al. 2023, arXiv:2305.18290, equation 7
 */
export function dpo({ beta = 0.1 }: DpoOptions = {}): Objective<PreferencePairs> {
  checkPositive('dpo: beta', beta);
  return (pairs) => {
    checkPairs('dpo', pairs, true);
    return tf.tidy(() => {
      const { values, there } = marginOf(pairs, referencesOf('dpo', pairs), 'sum');
      return tf.neg(meanOf(logSigmoid(tf.mul(values, beta)), there)) as tf.Scalar;
    });
  };
}

/**
 * Identity preference optimisation: mean of (margin − 1 / 2β)². The paper does not speak of length; by means, as TRL has
 * it, long reports do not reach the target sooner.
 * @see Azar et al. 2023, arXiv:2310.12036, equation 17
 */
export function ipo({ beta = 0.1, pooling = 'mean' }: IpoOptions = {}): Objective<PreferencePairs> {
  checkPositive('ipo: beta', beta);
  return (pairs) => {
    checkPairs('ipo', pairs, true);
    return tf.tidy(() => {
      const { values, there } = marginOf(pairs, referencesOf('ipo', pairs), pooling);
      return meanOf(tf.square(tf.sub(values, 1 / (2 * beta))), there);
    });
  };
}

/** Reference log-probabilities of both sides. */
export const referencesOf = (
  name: string,
  { chosen, rejected }: PreferencePairs,
): [tf.Tensor2D, tf.Tensor2D] => [
  referenceOf(name, chosen, 'chosen '),
  referenceOf(name, rejected, 'rejected '),
];
