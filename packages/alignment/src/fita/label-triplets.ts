import { FINDING_STATES, type FindingLabels } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

const POSITIVE = FINDING_STATES.indexOf('positive');
const UNCERTAIN = FINDING_STATES.indexOf('uncertain');

/** 1 where a finding is positive, 0 where it is blank or negative, null where it is uncertain: `[b, c]` row by row. */
export const binaryLabels = ({ states }: FindingLabels): (0 | 1 | null)[] =>
  Array.from(states, (state) => (state === UNCERTAIN ? null : state === POSITIVE ? 1 : 0));

/** Rows of anchors, of reports that agree with them in a finding, and of some that do not. */
export interface LabelTriplets {
  readonly anchors: Int32Array;
  readonly positives: Int32Array;
  readonly negatives: Int32Array;
}

/**
 * One triplet for each report and finding: another report with the same label and one with the other, as far as the batch has
 * both.
 *
 * @param labels {@link binaryLabels} `[b, c]`
 * @param pick an integer in [0, n)
 */
export function labelTriplets(
  labels: readonly (0 | 1 | null)[],
  b: number,
  pick: (n: number) => number,
): LabelTriplets {
  const c = labels.length / b;
  const found: [number, number, number][] = [];
  for (let k = 0; k < c; k++) {
    const label = (i: number) => labels[i * c + k];
    for (let i = 0; i < b; i++) {
      if (label(i) === null) continue;
      const others = Array.from({ length: b }, (_, j) => j).filter((j) => j !== i && label(j) !== null);
      const [same, different] = [true, false].map((agree) =>
        others.filter((j) => (label(j) === label(i)) === agree),
      );
      if (same.length === 0 || different.length === 0) continue;
      found.push([i, same[pick(same.length)], different[pick(different.length)]]);
    }
  }
  const column = (at: 0 | 1 | 2): Int32Array => Int32Array.from(found, (triplet) => triplet[at]);
  return { anchors: column(0), positives: column(1), negatives: column(2) };
}

/** Squared distances below this count as this: √ has no derivative at 0. */
const SMALLEST_SQUARE = 1e-12;

/**
 * Mean of max(0, |a − p| − |a − n| + m), Euclidean; 0 without triplets. FITA prints a sum of the two distances, which must be
 * a slip: it would draw everything together.
 *
 * @param a,p,n anchors, positives and negatives `[k, c]`
 * @see FITA, arXiv:2405.00962; Schroff et al. 2015, arXiv:1503.03832
 */
export function distanceTripletLoss(
  a: tf.Tensor2D,
  p: tf.Tensor2D,
  n: tf.Tensor2D,
  margin: number,
): tf.Scalar {
  if (a.shape[0] === 0) return tf.scalar(0);
  const distance = (x: tf.Tensor): tf.Tensor =>
    tf.sqrt(tf.maximum(tf.sum(tf.square(tf.sub(a, x)), 1), SMALLEST_SQUARE));
  return tf.mean(tf.relu(tf.add(tf.sub(distance(p), distance(n)), margin))) as tf.Scalar;
}

/**
 * Mean binary cross-entropy of the labels that are not null; 0 where all are.
 * @param logits `[b, c]`
 * @param labels {@link binaryLabels} `[b, c]`
 */
export function labelLoss(logits: tf.Tensor2D, labels: readonly (0 | 1 | null)[]): tf.Scalar {
  const of = (f: (label: 0 | 1 | null) => number) => tf.tensor2d(Float32Array.from(labels, f), logits.shape);
  const counted = Math.max(labels.filter((label) => label !== null).length, 1);
  const each = tf.sub(
    tf.softplus(logits),
    tf.mul(
      logits,
      of((label) => label ?? 0),
    ),
  );
  return tf.div(
    tf.sum(
      tf.mul(
        each,
        of((label) => (label === null ? 0 : 1)),
      ),
    ),
    counted,
  ) as tf.Scalar;
}
