import {
  joinMemories,
  type Memory,
  memoryPart,
  normal,
  onlyPresent,
  type Parameters,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { STATES } from './classifier';
import type { FindingHeadOptions } from './config';

/** Weights of {@link tellDecoder}. */
export interface Telling {
  /** A vector for each state of each finding, E `[c, s, d]`. */
  readonly vectors: tf.Variable;
  /** Which places hear of a finding, k `[d, c]`; null: all. */
  readonly gate: tf.Variable | null;
}

/** What the decoder reads. */
export interface Told {
  readonly memory?: Memory;
  readonly prefix?: tf.Tensor3D;
}

/** Weights by kind; null where nothing is told. What is added starts at 0, words and places at unit size. */
export function telling(p: Parameters, { width: d, findings, tell }: FindingHeadOptions): Telling | null {
  if (tell === 'none') return null;
  const c = findings.length;
  const added = tell === 'added' || tell === 'placed' || tell === 'gated';
  return {
    vectors: p.add('vectors', [c, STATES, d], added ? zeros : normal(1 / Math.sqrt(d))),
    gate: tell === 'gated' ? p.add('gate', [d, c], zeros) : null,
  };
}

/**
 * Tells the decoder the states π `[b, c, s]`. With e_c = √d Σ_s π_cs E_cs (scaled as words are), place x of the memory becomes
 *
 * - `added`: x + Σ_c e_c
 * - `placed`: x + Σ_c w_cx e_c, w the looks at patch x over the largest; 1 at places that are no patches
 * - `gated`: x + Σ_c 2σ(x · k_c) e_c
 *
 * and with `tokens` the e_c are c more places, named `findings`; with `prefix` c words before the report.
 */
export function tellDecoder(
  { vectors, gate }: Telling,
  tell: FindingHeadOptions['tell'],
  states: tf.Tensor3D,
  memory: Memory,
  looks: tf.Tensor3D | null = null,
): Told {
  const [b, c] = states.shape;
  const d = vectors.shape[2]!;
  const { tokens, present, parts } = memory;
  const changed = (update: tf.Tensor): Told => ({
    memory: { tokens: onlyPresent(tf.add(tokens, update) as tf.Tensor3D, present, 1), present, parts },
  });
  const scaled = tf.mul(states, Math.sqrt(d));
  if (tell === 'added') {
    const sum = tf.matMul(
      tf.reshape(scaled, [b, c * STATES]) as tf.Tensor2D,
      tf.reshape(vectors, [c * STATES, d]),
    );
    return changed(tf.reshape(sum, [b, 1, d]));
  }
  const byFinding = tf.matMul(tf.transpose(scaled, [1, 0, 2]), vectors as unknown as tf.Tensor3D);
  const told = tf.transpose(byFinding, [1, 0, 2]) as tf.Tensor3D; // [b, c, d]
  if (looks) {
    const others = tokens.shape[1] - looks.shape[2];
    const all = others > 0 ? tf.concat([looks, tf.ones<tf.Rank.R3>([b, c, others])], 2) : looks;
    return changed(tf.matMul(all, told, true));
  }
  if (tell === 'gated') {
    const m = tokens.shape[1];
    const heard = tf.sigmoid(tf.matMul(tf.reshape(tokens, [b * m, d]), gate as unknown as tf.Tensor2D));
    return changed(tf.matMul(tf.reshape(tf.mul(heard, 2), [b, m, c]), told));
  }
  return tell === 'tokens'
    ? { memory: joinMemories([memory, memoryPart('findings', told)]) }
    : { prefix: told };
}
