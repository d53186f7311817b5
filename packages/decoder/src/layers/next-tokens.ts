import { softCrossEntropy } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * What logits of these tokens are compared with, as `fit` takes it: one-hot `[b, t, V]` of the next token, up to the 0
 * that ends the report; rows of 0 after it, and at the last place, of which no next token is known.
 *
 * @param tokens ids `[b, t]`, first 0, then words from 1, then 0 as padding
 * @param V length of a row of logits
 * @throws RangeError for an id outside [0, V)
 */
export function nextTokens(tokens: tf.Tensor, V: number): tf.Tensor3D {
  const [b, t] = tokens.shape;
  const ids = tokens.dataSync();
  const bad = ids.find((id: number) => !(id >= 0 && id < V));
  if (bad !== undefined) throw new RangeError(`nextTokens: ids must be in [0, ${V}), got ${bad}`);
  const hot = new Float32Array(b * t! * V);
  for (let i = 0; i < ids.length; i++) {
    const at = i % t!;
    if (at + 1 < t! && (at === 0 || ids[i] !== 0)) hot[i * V + ids[i + 1]] = 1;
  }
  return tf.tensor3d(hot, [b, t!, V]);
}

/**
 * Mean cross-entropy of the tokens that count, for `compile({ loss: tokenLoss })`.
 * @param targets what {@link nextTokens} gives
 * @param logits `[b, t, V]`
 */
export const tokenLoss = (targets: tf.Tensor, logits: tf.Tensor): tf.Scalar =>
  softCrossEntropy(logits, tf.div(targets, tf.sum(targets)));
