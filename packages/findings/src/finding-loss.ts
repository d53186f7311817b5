import { softCrossEntropy } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { STATES } from './classifier';
import type { FindingHeadOptions } from './config';
import { atPositive, POSITIVE } from './states';

/** `uncertain` in the order of the states. */
const UNCERTAIN = 3;

/** Most that a state weighs in a balanced loss. */
const HEAVIEST = 10;

/** How {@link findingLoss} counts. */
export interface FindingLossOptions {
  readonly loss: FindingHeadOptions['loss'];
  /** ω, of each state of each finding `[c, s]` row by row; null: 1. */
  readonly weights: Float32Array | null;
  /** π `[c]`, ln of which is added to the positive logit; null: nothing. */
  readonly prior: tf.Tensor | null;
}

/**
 * Mean over studies and findings of −ω_y log softmax(z + ln π [positive])_y.
 * `binary`: the softmax is of positive against all other states together, and uncertain ones are left out.
 *
 * @param logits z `[b, c, s]`
 * @param states y `[b, c]` row by row
 * @see ln π: PromptMRG (Jin et al. 2024, arXiv:2308.12604); binary: FITA, arXiv:2405.00962
 */
export function findingLoss(
  logits: tf.Tensor3D,
  states: Uint8Array,
  { loss, weights, prior }: FindingLossOptions,
): tf.Scalar {
  const [b, c] = logits.shape;
  const adjusted = prior ? tf.add(logits, tf.mul(tf.reshape(tf.log(prior), [c, 1]), atPositive())) : logits;
  const binary = loss === 'binary';
  const k = binary ? 2 : STATES;
  const targets = new Float32Array(states.length * k);
  let counted = 0;
  states.forEach((state, i) => {
    if (binary && state === UNCERTAIN) return;
    counted++;
    const place = binary ? Number(state === POSITIVE) : state;
    targets[i * k + place] = weights ? weights[(i % c) * STATES + state] : 1;
  });
  const shares = targets.map((x) => x / Math.max(counted, 1));
  return softCrossEntropy(binary ? positiveOrNot(adjusted) : adjusted, tf.tensor3d(shares, [b, c, k]));
}

/** Logits of positive against the rest, `[b, c, 2]`: not, positive. */
function positiveOrNot(logits: tf.Tensor): tf.Tensor {
  const [b, c] = logits.shape;
  const [blank, positive, others] = tf.split(logits, [1, 1, STATES - 2], 2);
  const not = tf.reshape(tf.logSumExp(tf.concat([blank, others], 2), 2), [b, c, 1]);
  return tf.concat([not, positive], 2);
}

/** ω `[c, s]` of a config; null: 1 each. */
export function lossWeights({ findings, weights, frequencies }: FindingHeadOptions): Float32Array | null {
  if (weights === 'none') return null;
  const of = (name: string): [positive: number, other: number] =>
    weights === 'balanced'
      ? [balanced(frequencies[name]), balanced(1 - frequencies[name])]
      : [weights[name] ?? 1, 1];
  return Float32Array.from(
    findings.flatMap((name) => {
      const [positive, other] = of(name);
      return Array.from({ length: STATES }, (_, s) => (s === POSITIVE ? positive : other));
    }),
  );
}

/** 1/(2 share): two sides of any shares weigh the same in all, 1 in the mean. */
const balanced = (share: number): number => Math.min(1 / (2 * share), HEAVIEST);
