import {
  type Attention,
  applyLinear,
  attention,
  dropout,
  type Initializer,
  normal,
  type Parameters,
  type Pass,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { topKSoftmax } from './top-k-softmax';

/** A table of vectors that image and text both ask. Axes: m rows, d width. */
export interface CrossModalMemory {
  /** `[m, d]` */
  readonly matrix: tf.Variable;
  readonly attention: Attention;
  /** Rows that answer each head of each question. */
  readonly topK: number;
}

/** Weights `matrix` and `attention`. */
export function crossModalMemory(
  p: Parameters,
  size: { readonly rows: number; readonly width: number; readonly heads: number; readonly topK: number },
  init: Initializer,
): CrossModalMemory {
  const { rows, width, heads, topK } = size;
  return {
    matrix: p.add('matrix', [rows, width], normal(1 / width)),
    attention: attention(p.scope('attention'), width, heads, init),
    topK,
  };
}

/**
 * What the memory answers to each vector of x, `[b, n, d]` → `[b, n, d]`: multi-head attention to the m rows in which
 * each head listens to its `topK` best rows only. Image and text use the same weights.
 *
 * @see Chen et al. 2021, "Cross-modal Memory Networks for Radiology Report Generation", arXiv:2204.13258
 */
export function askMemory(c: CrossModalMemory, x: tf.Tensor3D, rate: number, pass: Pass): tf.Tensor3D {
  const { heads, query, key, value, output } = c.attention;
  const [b, n, d] = x.shape;
  const m = c.matrix.shape[0];
  const width = d / heads;
  const matrix = c.matrix as unknown as tf.Tensor2D;
  const split = (y: tf.Tensor2D): tf.Tensor3D =>
    tf.transpose(tf.reshape(y, [y.shape[0], heads, width]), [1, 0, 2]) as tf.Tensor3D; // [h, ·, d/h]
  const questions = split(applyLinear(query, tf.reshape(x, [b * n, d]) as tf.Tensor2D));
  const keys = tf.reshape(split(applyLinear(key, matrix)), [heads, m, width]);
  const scores = tf.mul(tf.matMul(questions, keys, false, true), 1 / Math.sqrt(width)); // [h, b·n, m]
  const weights = dropout(topKSoftmax(scores, c.topK), rate, pass);
  const answers = tf.matMul(weights, split(applyLinear(value, matrix))); // [h, b·n, d/h]
  const joined = tf.reshape(tf.transpose(answers, [1, 0, 2]), [b, n, d]) as tf.Tensor3D;
  return applyLinear(output, joined);
}
