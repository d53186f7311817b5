import * as tf from '@tensorflow/tfjs-core';
import type { PairWeights, SentenceTargets } from './labels';

/** Squared lengths below this count as this: no division by 0. */
const SMALLEST_SQUARE = 1e-12;

/** Vectors of the last axis at length 1. */
export function unitLength<T extends tf.Tensor>(x: T): T {
  const squared = tf.sum(tf.square(x), -1, true);
  return tf.div(x, tf.sqrt(tf.maximum(squared, SMALLEST_SQUARE))) as T;
}

/**
 * Symmetric InfoNCE: each text finds its image among the batch's and each image its text. Exactly 0, with zero
 * gradient, for one pair.
 *
 * @param texts,images `[b, d]`; their dot products are the logits, so unit length makes them cosines
 * @param temperature divides the logits
 * @see van den Oord et al. 2018, arXiv:1807.03748; Radford et al. 2021, arXiv:2103.00020
 */
export function symmetricInfoNce(texts: tf.Tensor2D, images: tf.Tensor2D, temperature: number): tf.Scalar {
  const b = texts.shape[0];
  const logits = tf.div(tf.matMul(texts, images, false, true), temperature); // [b, b]
  const own = tf.eye(b);
  const likelihoods = tf.add(tf.logSoftmax(logits), tf.transpose(tf.logSoftmax(tf.transpose(logits))));
  return tf.div(tf.sum(tf.mul(likelihoods, own)), -2 * b) as tf.Scalar;
}

/**
 * Every sentence finds its regions among those of its image: −ln of the softmax over regions of cosine / τ, mean over
 * the regions that it speaks of; mean over the sentences of a report that speak of some region but not of all, summed
 * over reports and divided by b.
 *
 * @param cosines `[b, s, r]`
 * @see several positives a row: Khosla et al. 2020, arXiv:2004.11362, equation 2
 */
export function regionOfSentenceLoss(
  cosines: tf.Tensor3D,
  { targets, shape }: SentenceTargets,
  temperature: number,
): tf.Scalar {
  const likelihoods = tf.logSoftmax(tf.div(cosines, temperature));
  return tf.neg(tf.sum(tf.mul(likelihoods, tf.tensor3d(targets, [...shape])))) as tf.Scalar;
}

/** What {@link sentenceRegionLoss} needs besides the cosines. */
export interface SentenceRegionLossOptions {
  readonly temperature: number;
  /** Added to eᵖ + eⁿ; the published code adds 1e-8. */
  readonly epsilon: number;
}

/**
 * −ln(eᵖ / (eᵖ + eⁿ + ε)) summed over reports and divided by b, with p and n the mean cosine of labelled and of
 * other pairs over the temperature.
 *
 * @param cosines `[b, s, r]`
 */
export function sentenceRegionLoss(
  cosines: tf.Tensor3D,
  pairs: PairWeights,
  { temperature, epsilon }: SentenceRegionLossOptions,
): tf.Scalar {
  const [b, s, r] = pairs.shape;
  const scaled = tf.div(tf.reshape(cosines, [b, s * r]), temperature);
  const mean = (weights: Float32Array): tf.Tensor =>
    tf.sum(tf.mul(scaled, tf.tensor2d(weights, [b, s * r])), 1);
  const [p, n] = [mean(pairs.positive), mean(pairs.negative)];
  const losses =
    epsilon === 0
      ? tf.softplus(tf.sub(n, p))
      : tf.sub(tf.log(tf.add(tf.add(tf.exp(p), tf.exp(n)), epsilon)), p);
  return tf.div(tf.sum(tf.mul(losses, tf.tensor1d(pairs.used))), b) as tf.Scalar;
}
