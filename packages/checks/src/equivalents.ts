import * as tf from '@tensorflow/tfjs-core';

/*
 * Studies that show the same should be written alike. In training, each study is mixed with an equivalent one, so that what differs between them
 * counts less; how alike reports come out is `iconConsistency` of `@raca/metrics`.
 */

/** How much of a mixture is the study's own, as published. */
export const OWN_SHARE = 0.75;

/**
 * share · x + (1 − share) · x of the partner, row by row.
 * @param x `[b, …]`, such as region vectors or patches
 * @param partners `[b]`: rows of equivalent studies; null: the study stays as it is
 * @throws RangeError unless there is a partner (or null) for every row, and a share from 0 to 1
 * @see Hou et al. 2024, ICON, arXiv:2402.12844: lesion-aware mix-up
 */
export function mixWithEquivalents<T extends tf.Tensor>(
  x: T,
  partners: readonly (number | null)[],
  share = OWN_SHARE,
): T {
  const [b] = x.shape;
  check(b, partners, share);
  return tf.tidy(() => {
    const rows = tf.tensor1d(
      partners.map((row, i) => row ?? i),
      'int32',
    );
    return tf.add(tf.mul(x, share), tf.mul(tf.gather(x, rows), 1 - share)) as T;
  });
}

/**
 * The loss of a mixture: share · loss against the own report + (1 − share) · loss against the partner's, mean over studies.
 * @param own,partner losses `[b]` of one prediction against either report
 */
export function mixedLoss(
  own: tf.Tensor1D,
  partner: tf.Tensor1D,
  partners: readonly (number | null)[],
  share = OWN_SHARE,
): tf.Scalar {
  const [b] = own.shape;
  check(b, partners, share);
  return tf.tidy(() => {
    const weights = tf.tensor1d(partners.map((row) => (row === null ? 1 : share)));
    return tf.mean(tf.add(tf.mul(own, weights), tf.mul(partner, tf.sub(1, weights)))) as tf.Scalar;
  });
}

function check(b: number, partners: readonly (number | null)[], share: number): void {
  if (partners.length !== b)
    throw new RangeError(
      `mixWithEquivalents: expected a partner or null for ${b} rows, got ${partners.length}`,
    );
  const bad = partners.find((row) => row !== null && !(Number.isInteger(row) && row >= 0 && row < b));
  if (bad !== undefined)
    throw new RangeError(`mixWithEquivalents: partners must be in [0, ${b}), got ${bad}`);
  if (!(share >= 0 && share <= 1))
    throw new RangeError(`mixWithEquivalents: share must be in [0, 1], got ${share}`);
}
