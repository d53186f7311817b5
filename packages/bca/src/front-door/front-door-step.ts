import { applyLinear, type Linear, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Absent } from './mediator';

/** Matrices of one attention of the step. */
export interface StepProjection {
  readonly query: Linear;
  readonly output: Linear;
}

/**
 * Front-door adjustment by two attentions: first the mediator reads the input, then the input reads what the mediator has
 * read. u = softmax(M Xᵀ) X, step = softmax(X Mᵀ) u: no scale, no matrices. With projections a matrix for what asks, 1/√d
 * and a matrix for the result in both.
 *
 * @param x X `[b, p, d]`
 * @param mediator M `[b, k, d]`
 * @param absent of M (local) and of X (global)
 * @returns `[b, p, d]`
 * @see VLCI, arXiv:2303.09117
 */
export function frontDoorStep(
  x: tf.Tensor3D,
  mediator: tf.Tensor3D,
  absent: Absent = { local: null, global: null },
  projections: readonly [StepProjection, StepProjection] | null = null,
): tf.Tensor3D {
  const d = x.shape[2];
  const read = (
    asks: tf.Tensor3D,
    keys: tf.Tensor3D,
    values: tf.Tensor3D,
    bias: tf.Tensor4D | null,
    projection: StepProjection | undefined,
  ): tf.Tensor3D => {
    const queries = projection ? tf.div(applyLinear(projection.query, asks), Math.sqrt(d)) : asks;
    const scores = tf.matMul(queries as tf.Tensor3D, keys, false, true);
    const weights = softmax(bias ? tf.add(scores, tf.squeeze(bias, [1])) : scores) as tf.Tensor3D;
    const mixed = tf.matMul<tf.Tensor3D>(weights, values);
    return projection ? applyLinear<tf.Tensor3D>(projection.output, mixed) : mixed;
  };
  const u = read(mediator, x, x, absent.global, projections?.[0]);
  return read(x, mediator, u, absent.local, projections?.[1]);
}
