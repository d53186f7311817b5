import * as tf from '@tensorflow/tfjs-core';

/** Discount γ and the bias–variance trade λ of {@link generalisedAdvantages}. */
export interface Discount {
  readonly gamma: number;
  readonly lambda: number;
}

/**
 * Generalised advantage estimation over one sequence: A_t = δ_t + γλ A_{t+1} with
 * δ_t = r_t + γ V(s_{t+1}) (1 − done_t) − V(s_t). The sum is not cut where `dones` is 1 before the end, so pass
 * one episode at a time.
 *
 * @see Schulman et al. 2016, arXiv:1506.02438
 */
export function generalisedAdvantages(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  nextValues: ArrayLike<number>,
  dones: ArrayLike<number>,
  { gamma, lambda }: Discount,
): Float32Array {
  const out = new Float32Array(rewards.length);
  let running = 0;
  for (let t = out.length - 1; t >= 0; t--) {
    const delta = rewards[t] + gamma * nextValues[t] * (1 - dones[t]) - values[t];
    running = delta + gamma * lambda * running;
    out[t] = running;
  }
  return out;
}

/** G_t = r_t + γ G_{t+1}. */
export function discountedReturns(rewards: ArrayLike<number>, gamma: number): Float32Array {
  const out = new Float32Array(rewards.length);
  let running = 0;
  for (let t = out.length - 1; t >= 0; t--) {
    running = rewards[t] + gamma * running;
    out[t] = running;
  }
  return out;
}

/** (x − mean) / (sd + floor), sd with n − 1; the floor keeps noise around nothing small. */
export function standardised(values: Float32Array, floor = 1e-8): Float32Array {
  const n = values.length;
  const mean = values.reduce((a, x) => a + x, 0) / n;
  const squares = values.reduce((a, x) => a + (x - mean) ** 2, 0);
  const sd = Math.sqrt(squares / Math.max(n - 1, 1));
  return values.map((x) => (x - mean) / (sd + floor));
}

/** ln p(action) of independent Bernoulli actions, element by element. @param actions each 0 or 1 */
export function logProbabilities<T extends tf.Tensor>(logits: T, actions: T): T {
  const signed = tf.mul(logits, tf.sub(1, tf.mul(actions, 2))); // −l where chosen, l where not
  return tf.neg(tf.softplus(signed)) as T;
}

/** Mean entropy in nats of Bernoulli actions. */
export function meanEntropy(logits: tf.Tensor): tf.Scalar {
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, tf.sigmoid(logits)))) as tf.Scalar;
}

/**
 * PPO's policy loss: −mean of min(ρ A, clip(ρ, 1 ± ε) A) with ρ = exp(new − old).
 *
 * @param current,old log-probabilities of the actions taken, of one shape
 * @see Schulman et al. 2017, arXiv:1707.06347
 */
export function clippedSurrogate(
  current: tf.Tensor,
  old: tf.Tensor,
  advantages: tf.Tensor,
  epsilon: number,
): tf.Scalar {
  const ratio = tf.exp(tf.sub(current, old));
  const clipped = tf.clipByValue(ratio, 1 - epsilon, 1 + epsilon);
  return tf.neg(tf.mean(tf.minimum(tf.mul(ratio, advantages), tf.mul(clipped, advantages)))) as tf.Scalar;
}

/** Mean squared error of predicted values. */
export function valueLoss(values: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  return tf.mean(tf.square(tf.sub(values, targets))) as tf.Scalar;
}
