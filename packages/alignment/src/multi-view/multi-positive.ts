import { softCrossEntropy } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Who has to find whom. Rows are n vectors that look, columns m vectors that can be found. */
export interface Positives {
  /** `[n, m]`: 1 / (positives of the row · rows that have any) at each positive of a row, else 0. */
  readonly targets: Float32Array;
  /** `[n, m]`: −1e9 where a column is no rival to anybody in this row, else 0. */
  readonly excluded: Float32Array;
  readonly shape: readonly [n: number, m: number];
}

/**
 * Every row has to find the columns of its own study. Rows without any are left out.
 *
 * @param rows,columns the study of each vector; null: there is no such vector
 */
export function ofSameStudy(
  rows: readonly (string | null)[],
  columns: readonly (string | null)[],
): Positives {
  return positives(rows.length, columns.length, {
    isPositive: (i, j) => rows[i] !== null && rows[i] === columns[j],
    isRival: (_, j) => columns[j] !== null,
  });
}

/**
 * Every picture has to find the other pictures of its study. A picture whose study has no other one is left out, also as
 * a rival.
 *
 * @param studies the study of each picture; null: there is no such picture
 */
export function otherViews(studies: readonly (string | null)[]): Positives {
  const isPositive = (i: number, j: number): boolean =>
    i !== j && studies[i] !== null && studies[i] === studies[j];
  const hasOther = studies.map((_, i) => studies.some((_, j) => isPositive(i, j)));
  return positives(studies.length, studies.length, { isPositive, isRival: (i, j) => i !== j && hasOther[j] });
}

/**
 * Cross-entropy of the rows' positives: mean over rows of −Σ over its positives of ln softmax(cosine / τ) / their number.
 * Exactly 0, with zero gradient, where no row has a positive.
 *
 * @param rows,columns unit vectors `[n, d]` and `[m, d]`
 * @see several positives a row: Khosla et al. 2020, arXiv:2004.11362, equation 2; over views and studies as in MLRG,
 *   arXiv:2502.20056
 */
export function multiPositiveLoss(
  rows: tf.Tensor2D,
  columns: tf.Tensor2D,
  { targets, excluded, shape }: Positives,
  temperature: number,
): tf.Scalar {
  const [n, m] = shape;
  if (rows.shape[0] !== n || columns.shape[0] !== m) {
    throw new RangeError(
      `multiPositiveLoss: expected ${n} rows and ${m} columns, got [${rows.shape}] and [${columns.shape}]`,
    );
  }
  const cosines = tf.matMul(rows, columns, false, true);
  const logits = tf.add(tf.div(cosines, temperature), tf.tensor2d(excluded, [n, m]));
  return softCrossEntropy(logits, tf.tensor2d(targets, [n, m]));
}

function positives(
  n: number,
  m: number,
  rules: { isPositive(i: number, j: number): boolean; isRival(i: number, j: number): boolean },
): Positives {
  const targets = new Float32Array(n * m);
  const excluded = new Float32Array(n * m);
  const found = Array.from({ length: n }, (_, i) =>
    Array.from({ length: m }, (_, j) => j).filter((j) => rules.isPositive(i, j)),
  );
  const counted = found.filter(({ length }) => length > 0).length;
  found.forEach((columns, i) => {
    for (const j of columns) targets[i * m + j] = 1 / (columns.length * counted);
    for (let j = 0; j < m; j++) if (!rules.isRival(i, j)) excluded[i * m + j] = -1e9;
  });
  return { targets, excluded, shape: [n, m] };
}
