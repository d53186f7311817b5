import {
  applyLinear,
  type Linear,
  linear,
  linearUniform,
  normal,
  onlyPresent,
  type Parameters,
  presenceBias,
  softmax,
  zeros,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { FindingHeadOptions } from './config';

/** s */
export const STATES = 4;

/** Weights of {@link classify}; null where the pool is left out. */
export interface Classifier {
  /** d → c·s of the mean patch; its bias counts for all pools. */
  readonly mean: Linear | null;
  /** Which patches a finding looks at, `[d, c]`. */
  readonly patchQuery: tf.Variable | null;
  /** Which regions a finding looks at: by what they show `[d, c]`, and by which they are `[c, r]`. */
  readonly regionQuery: { readonly content: tf.Variable; readonly place: tf.Variable } | null;
  /** Of what a finding sees by itself, `[c, n·d, s]`, and its bias `[c, s]`; n = 1 or 2 pools. */
  readonly own: Linear | null;
}

/** What {@link classify} reads. */
export interface Classified {
  /** `[b, p, d]` */
  readonly patches: tf.Tensor3D;
  /** `[b, r, p]`, each 0 or 1. */
  readonly masks: tf.Tensor3D;
  /** `[b, p]`; null: all are there. */
  readonly present: tf.Tensor2D | null;
}

/** First values of queries: near 0, so that attention starts near the plain mean. */
const QUERY = normal(0.02);

export function classifier(
  p: Parameters,
  { width: d, regions: r, findings, pool }: FindingHeadOptions,
): Classifier {
  const c = findings.length;
  const query = (name: string): tf.Variable => p.scope(name).add('query', [d, c], QUERY);
  const n = pool.filter((name) => name !== 'mean').length;
  return {
    mean: pool.includes('mean') ? linear(p.scope('mean'), d, c * STATES) : null,
    patchQuery: pool.includes('attention') ? query('patches') : null,
    regionQuery: pool.includes('regions')
      ? { content: query('regions'), place: p.scope('regions').add('place', [c, r], zeros) }
      : null,
    own:
      n > 0
        ? {
            weight: p.scope('own').add('weight', [c, n * d, STATES], linearUniform(n * d)),
            bias: p.scope('own').add('bias', [c, STATES], zeros),
          }
        : null,
  };
}

/**
 * Logits `[b, c, s]` of the states of c findings. With X the patches `[p, d]` that are there and R the mean patch of each
 * region `[r, d]`, finding c reads
 *
 *     z_c = mean(X) W_c + [softmax(X q_c) X ; softmax(R k_c + β_c) R] V_c + b_c,
 *
 * each term only where its pool is chosen. The softmax runs over patches that are there and over regions that have one;
 * where there is none, what it reads is 0.
 */
export function classify(
  weights: Classifier,
  { patches: given, masks: all, present }: Classified,
): tf.Tensor3D {
  const patches = onlyPresent(given, present, 1);
  const b = patches.shape[0];
  const { mean, patchQuery, regionQuery, own } = weights;
  const seen: tf.Tensor3D[] = [];
  if (patchQuery) {
    const bias = present && tf.reshape(presenceBias(present)!, [b, 1, -1]);
    seen.push(weighedMean(patches, scores(patches, patchQuery), bias));
  }
  if (regionQuery) {
    const masks = onlyPresent(all, present, 2);
    const [regions, empty] = regionMeans(patches, masks);
    const asked = tf.add(scores(regions, regionQuery.content), regionQuery.place) as tf.Tensor3D;
    seen.push(weighedMean(regions, asked, tf.mul(tf.reshape(empty, [b, 1, -1]), -1e9)));
  }
  const terms: tf.Tensor[] = [];
  if (mean) {
    const count = present ? atLeastOne(tf.sum(present, 1, true)) : patches.shape[1];
    terms.push(tf.reshape(applyLinear(mean, tf.div(tf.sum(patches, 1), count)), [b, -1, STATES]));
  }
  if (own) {
    const byFinding = tf.transpose(tf.concat(seen, 2), [1, 0, 2]); // [c, b, n·d]
    const ofFindings = tf.matMul(byFinding, own.weight as unknown as tf.Tensor3D);
    terms.push(tf.add(tf.transpose(ofFindings, [1, 0, 2]), own.bias));
  }
  return (terms.length === 1 ? terms[0] : tf.add(terms[0], terms[1])) as tf.Tensor3D;
}

/**
 * How much each finding looks at each patch, `[b, c, p]`: its attention over the largest, so 1 at the patch that it looks at
 * most, and 0 where there is none.
 * @throws Error for a classifier without the pool `attention`
 */
export function looks(
  { patchQuery }: Classifier,
  { patches: given, present }: Pick<Classified, 'patches' | 'present'>,
): tf.Tensor3D {
  if (!patchQuery) throw new Error('findingHead: expected the pool "attention", found none');
  const found = scores(onlyPresent(given, present, 1), patchQuery);
  const there = present ? tf.add(found, tf.reshape(presenceBias(present)!, [given.shape[0], 1, -1])) : found;
  return tf.exp(tf.sub(there, tf.max(there, 2, true))) as tf.Tensor3D;
}

/** x `[b, n, d]`, query `[d, c]` → `[b, c, n]` */
function scores(x: tf.Tensor3D, query: tf.Variable): tf.Tensor3D {
  const [b, n, d] = x.shape;
  const flat = tf.matMul(tf.reshape(x, [b * n, d]), query as unknown as tf.Tensor2D);
  return tf.transpose(tf.reshape(flat, [b, n, -1]), [0, 2, 1]) as tf.Tensor3D;
}

/** softmax(scores + bias) x: `[b, c, d]`. @param bias `[b, 1, n]` */
function weighedMean(x: tf.Tensor3D, scores: tf.Tensor3D, bias: tf.Tensor | null): tf.Tensor3D {
  return tf.matMul(softmax((bias ? tf.add(scores, bias) : scores) as tf.Tensor3D), x);
}

/** Mean patch of each region `[b, r, d]`, 0 where it has none, and which have none `[b, r, 1]`. */
function regionMeans(patches: tf.Tensor3D, masks: tf.Tensor3D): [means: tf.Tensor3D, empty: tf.Tensor] {
  const count = tf.sum(masks, 2, true);
  const empty = tf.relu(tf.sub(1, count));
  return [tf.div(tf.matMul(masks, patches), tf.add(count, empty)) as tf.Tensor3D, empty];
}

const atLeastOne = (count: tf.Tensor): tf.Tensor => tf.add(count, tf.relu(tf.sub(1, count)));
