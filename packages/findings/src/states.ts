import { FINDING_STATES, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { FindingHeadOptions } from './config';

/** Place of `positive` in {@link FINDING_STATES}. */
export const POSITIVE = FINDING_STATES.indexOf('positive');

/** 1 at `positive`, `[s]`. */
export const atPositive = (): tf.Tensor1D =>
  tf.tensor1d(FINDING_STATES.map((state) => Number(state === 'positive')));

/**
 * What the head takes the states to be: `[b, c, s]`, each row summing to 1. A choice sends no gradient back.
 * @param thresholds `[c]`, of the probability of positive
 */
export function ownStates(
  logits: tf.Tensor3D,
  kind: FindingHeadOptions['states'],
  thresholds: tf.Tensor | null,
): tf.Tensor3D {
  if (kind === 'soft') return softmax(logits);
  const choose = tf.customGrad((x) => ({
    value: thresholds ? fromThresholds(x as tf.Tensor3D, thresholds) : mostProbable(x as tf.Tensor3D),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return choose(logits) as tf.Tensor3D;
}

const mostProbable = (logits: tf.Tensor3D): tf.Tensor3D =>
  tf.oneHot(tf.argMax(logits, 2) as tf.Tensor2D, logits.shape[2], 1, 0, 'float32') as tf.Tensor3D;

/** Positive from its threshold on, else the most probable of the other states. */
function fromThresholds(logits: tf.Tensor3D, thresholds: tf.Tensor): tf.Tensor3D {
  const [b, c] = logits.shape;
  const positive = tf.slice(tf.softmax(logits), [0, 0, POSITIVE], [b, c, 1]);
  const found = tf.cast(tf.greaterEqual(positive, tf.reshape(thresholds, [1, c, 1])), 'float32');
  const others = mostProbable(tf.sub(logits, tf.mul(atPositive(), 1e9)) as tf.Tensor3D);
  return tf.add(others, tf.mul(found, tf.sub(atPositive(), others))) as tf.Tensor3D;
}
