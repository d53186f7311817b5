import { softCrossEntropy } from '@raca/core';
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
  const own = tf.tensor2d(
    Float32Array.from({ length: b * b }, (_, k) => (k % (b + 1) === 0 ? 1 / (2 * b) : 0)),
    [b, b],
  );
  return tf.add(softCrossEntropy(logits, own), softCrossEntropy(tf.transpose(logits), own)) as tf.Scalar;
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
  { targets, shape }: SentenceTargets<tf.Tensor | Float32Array>,
  temperature: number,
): tf.Scalar {
  return softCrossEntropy(tf.div(cosines, temperature), asTensor(targets, shape));
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
  pairs: PairWeights<tf.Tensor | Float32Array>,
  { temperature, epsilon }: SentenceRegionLossOptions,
): tf.Scalar {
  const [b, s, r] = pairs.shape;
  const scaled = tf.div(tf.reshape(cosines, [b, s * r]), temperature);
  const mean = (weights: tf.Tensor | Float32Array): tf.Tensor =>
    tf.sum(tf.mul(scaled, asTensor(weights, [b, s * r])), 1);
  const [p, n] = [mean(pairs.positive), mean(pairs.negative)];
  const losses =
    epsilon === 0
      ? tf.softplus(tf.sub(n, p))
      : tf.sub(tf.log(tf.add(tf.add(tf.exp(p), tf.exp(n)), epsilon)), p);
  return tf.div(tf.sum(tf.mul(losses, asTensor(pairs.used, [b]))), b) as tf.Scalar;
}

/** Values as a tensor of that shape; a tensor of as many values in that shape. */
export const asTensor = (values: tf.Tensor | Float32Array, shape: readonly number[]): tf.Tensor =>
  values instanceof Float32Array ? tf.tensor(values, [...shape]) : tf.reshape(values, [...shape]);
