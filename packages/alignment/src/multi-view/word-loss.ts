import { presenceBias, softCrossEntropy, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { unitLength } from '../losses';

/** What {@link wordLoss} needs besides words and patches. */
export interface WordLossOptions {
  readonly temperature: number;
  /** `[b, t]`: 1 for words, 0 for places that hold none. Absent: all are words. */
  readonly words?: tf.Tensor2D | null;
  /** `[b, p]`: 1 for patches that there are, 0 for others. Absent: all are there. */
  readonly present?: tf.Tensor2D | null;
}

/**
 * Every word attends to the patches of its image, and has to find itself among the words of its report by what it has
 * seen; what each has seen has to find its word. Words of other reports are no rivals.
 *
 * With words and patches at length 1: seen_i = Σ_j softmax_j(word_i · patch_j / √d) patch_j at length 1; logits
 * word_i · seen_j / τ; half the sum of the cross-entropies of rows and of columns, mean over the words of the batch.
 *
 * @param words `[b, t, d]`
 * @param patches `[b, p, d]`
 * @throws RangeError if widths differ
 * @see SEI, arXiv:2405.14905, whose program counts padding as words
 */
export function wordLoss(
  words: tf.Tensor3D,
  patches: tf.Tensor3D,
  { temperature, words: counted = null, present = null }: WordLossOptions,
): tf.Scalar {
  const [b, t, d] = words.shape;
  const p = patches.shape[1];
  if (patches.shape[2] !== d) {
    throw new RangeError(`wordLoss: widths must match, got [${words.shape}] and [${patches.shape}]`);
  }
  const [word, patch] = [unitLength(words), unitLength(patches)];
  const scores = tf.div(tf.matMul(word, patch, false, true), Math.sqrt(d));
  const absent = presenceBias(present);
  const attention = softmax(absent ? tf.add(scores, tf.reshape(absent, [b, 1, p])) : scores);
  const seen = unitLength(tf.matMul(attention, patch));
  const logits = tf.div(tf.matMul(word, seen, false, true), temperature); // [b, word, seen]
  const real = counted ?? tf.ones([b, t]);
  const noRival = tf.reshape(tf.mul(tf.sub(real, 1), 1e9), [b, 1, t]);
  const share = tf.div(real, tf.maximum(tf.mul(tf.sum(real), 2), 1)); // halves: two directions
  const own = tf.mul(tf.eye(t), tf.reshape(share, [b, t, 1]));
  const loss = (x: tf.Tensor): tf.Scalar => softCrossEntropy(tf.add(x, noRival), own);
  return tf.add(loss(logits), loss(tf.transpose(logits, [0, 2, 1])));
}
