import * as tf from '@tensorflow/tfjs-core';

/** Keeps exp within float32. */
const LARGEST_CHANGE = 60;

/** p(token) now / p(token) when it was drawn. @param policy,old log-probabilities `[rows, t]` */
export const ratioOf = (policy: tf.Tensor2D, old: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => tf.exp(tf.minimum(tf.sub(policy, old), LARGEST_CHANGE)) as tf.Tensor2D);

/**
 * max(−A ρ, −A ρ held in [1 − clip, 1 + clip]), token by token.
 * @param ratio ρ, `[rows, t]`
 * @param advantages A, `[rows, 1]`
 * @see PPO: Schulman et al. 2017, arXiv:1707.06347, equation 7
 */
export function clippedSurrogate(ratio: tf.Tensor2D, advantages: tf.Tensor2D, clip: number): tf.Tensor2D {
  return tf.tidy(() => {
    const loss = tf.neg(advantages);
    const held = tf.mul(loss, tf.clipByValue(ratio, 1 - clip, 1 + clip));
    return tf.maximum(tf.mul(loss, ratio), held) as tf.Tensor2D;
  });
}

/** 1 where clipping acts, which has no gradient then; else 0. `[rows, t]`, arguments as in {@link clippedSurrogate}. */
export function clippedTokens(ratio: tf.Tensor2D, advantages: tf.Tensor2D, clip: number): tf.Tensor2D {
  return tf.tidy(() => {
    const free = tf.mul(tf.neg(advantages), ratio);
    return tf.cast(tf.greater(clippedSurrogate(ratio, advantages, clip), free), 'float32') as tf.Tensor2D;
  });
}

/**
 * k3 = exp(ref − new) − (ref − new) − 1, token by token: unbiased for KL(new ‖ ref) where the tokens were drawn from the
 * new model, and ≥ 0.
 * @param policy,reference log-probabilities `[rows, t]`
 * @see Schulman, Approximating KL divergence, 2020; GRPO, arXiv:2402.03300, equation 4
 */
export function k3(policy: tf.Tensor2D, reference: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const gap = tf.sub(reference, policy);
    return tf.sub(tf.sub(tf.exp(tf.minimum(gap, LARGEST_CHANGE)), gap), 1);
  });
}
