import * as tf from '@tensorflow/tfjs-core';
import { meanOf, orOne, rowTotals } from '../masked';

/**
 * Values of tokens to one number. What it divides by decides which reports weigh most.
 * @param values,mask `[rows, t]`
 */
export type Reduction = (values: tf.Tensor2D, mask: tf.Tensor2D) => tf.Scalar;

/** Σ mask · value / Σ mask: each token weighs the same (DAPO, arXiv:2503.14476, equation 8). */
export const tokenMean: Reduction = (values, mask) =>
  tf.tidy(() => tf.div(total(values, mask), orOne(tf.sum(mask))));

/** Mean of the reports' means: each report weighs the same, tokens of short ones more (GRPO). */
export const sequenceMean: Reduction = (values, mask) =>
  tf.tidy(() => {
    const { mean, there } = rowTotals(values, mask);
    return meanOf(mean, there);
  });

/** Mean of the reports' sums (REINFORCE; Dr. GRPO but for a constant). */
export const sequenceSum: Reduction = (values, mask) =>
  tf.tidy(() => {
    const { sum, there } = rowTotals(values, mask);
    return meanOf(sum, there);
  });

/** Σ mask · value: a larger batch takes a larger step (EditGRPO but for a constant). */
export const total: Reduction = (values, mask) =>
  tf.tidy(() => tf.sum(rowTotals(values, mask).sum) as tf.Scalar);

/** A reduction divided by a constant. @param length such as the longest report in tokens; absent: t */
export const overLength =
  (reduction: Reduction, length?: number): Reduction =>
  (values, mask) =>
    tf.tidy(() => tf.div(reduction(values, mask), length ?? mask.shape[1]));
