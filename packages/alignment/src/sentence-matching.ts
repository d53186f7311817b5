import { softCrossEntropy } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { asTensor } from './losses';
import { largestCount, type Span } from './sentences';

/** Which sentence may be compared with which image, and by which regions. */
export interface SentenceMatches<T = Float32Array> {
  /** `[b·s, r]`: 1 / number of the sentence's regions at each of them, else 0. */
  readonly regions: T;
  /** `[b·s, b]`: −1e9 where another report has the very same sentence, else 0. */
  readonly excluded: T;
  /** `[b·s, b]`: 1 / number of sentences that name a region, for each of these at its own image; else 0. */
  readonly own: T;
  readonly shape: readonly [b: number, s: number, r: number];
}

/**
 * @param ids token ids of the batch, `[b, t]` row by row
 * @param labels per report, per sentence: regions it speaks of
 * @param r number of regions
 * @param s places for sentences, as many as the longest report has, or more
 */
export function sentenceMatches(
  spans: readonly (readonly Span[])[],
  ids: Int32Array,
  labels: readonly (readonly (readonly number[])[])[],
  r: number,
  s = largestCount(spans),
): SentenceMatches {
  const b = spans.length;
  const t = ids.length / b;
  const texts = spans.map((sentences, i) =>
    sentences.map(({ from, to }) => ids.subarray(i * t + from, i * t + to).join(' ')),
  );
  const owners = texts.map((sentences) => new Set(sentences));
  const regions = new Float32Array(b * s * r);
  const excluded = new Float32Array(b * s * b);
  const used: number[] = [];
  texts.forEach((sentences, i) => {
    sentences.forEach((text, j) => {
      const named = labels[i][j] ?? [];
      const row = i * s + j;
      if (named.length === 0 || spans[i][j].to <= spans[i][j].from) return;
      used.push(row);
      for (const region of named) regions[row * r + region] = 1 / named.length;
      owners.forEach((owner, k) => {
        if (k !== i && owner.has(text)) excluded[row * b + k] = -1e9;
      });
    });
  });
  const own = new Float32Array(b * s * b);
  for (const row of used) own[row * b + Math.floor(row / s)] = 1 / used.length;
  return { regions, excluded, own, shape: [b, s, r] };
}

/**
 * Each sentence finds its own image among the batch's, by the regions that it names: cross-entropy of
 * `mean over its regions of cos(sentence, region of image k) / τ` over the images k. Images whose report has the same
 * sentence do not compete. The loss between sentences and regions of one image can be met by position alone; here
 * the region has to look like what the sentence says.
 *
 * @param sentences unit vectors `[b, s, d]`
 * @param regions unit vectors `[b, r, d]`
 * @returns 0 if no sentence names a region
 * @see InfoNCE: van den Oord et al. 2018, arXiv:1807.03748
 */
export function sentenceMatchingLoss(
  sentences: tf.Tensor3D,
  regions: tf.Tensor3D,
  matches: SentenceMatches<tf.Tensor | Float32Array>,
  temperature: number,
): tf.Scalar {
  const [b, s, r] = matches.shape;
  const d = sentences.shape[2];
  const cosines = tf.matMul(
    tf.reshape(sentences, [b * s, d]) as tf.Tensor2D,
    tf.reshape(regions, [b * r, d]) as tf.Tensor2D,
    false,
    true,
  );
  const byRegion = tf.mul(tf.reshape(cosines, [b * s, b, r]), asTensor(matches.regions, [b * s, 1, r]));
  const scores = tf.div(tf.sum(byRegion, 2), temperature); // [b·s, b]
  const logits = tf.add(scores, asTensor(matches.excluded, [b * s, b]));
  return softCrossEntropy(logits, asTensor(matches.own, [b * s, b]));
}
