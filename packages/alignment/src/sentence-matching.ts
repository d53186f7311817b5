import { crossEntropy } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { largestCount, type Span } from './sentences';

/** Which sentence may be compared with which image, and by which regions. */
export interface SentenceMatches {
  /** `[b·s, r]`: 1 / number of the sentence's regions at each of them, else 0. */
  readonly regions: Float32Array;
  /** `[b·s, b]`: −1e9 where another report has the very same sentence, else 0. */
  readonly excluded: Float32Array;
  /** `[b·s]`: 1 for sentences that name a region, else 0. */
  readonly used: Float32Array;
  readonly shape: readonly [b: number, s: number, r: number];
}

/**
 * @param ids token ids of the batch, `[b, t]` row by row
 * @param labels per report, per sentence: regions it speaks of
 * @param r number of regions
 */
export function sentenceMatches(
  spans: readonly (readonly Span[])[],
  ids: Int32Array,
  labels: readonly (readonly (readonly number[])[])[],
  r: number,
): SentenceMatches {
  const [b, s] = [spans.length, largestCount(spans)];
  const t = ids.length / b;
  const texts = spans.map((sentences, i) =>
    sentences.map(({ from, to }) => ids.subarray(i * t + from, i * t + to).join(' ')),
  );
  const owners = texts.map((sentences) => new Set(sentences));
  const regions = new Float32Array(b * s * r);
  const excluded = new Float32Array(b * s * b);
  const used = new Float32Array(b * s);
  texts.forEach((sentences, i) => {
    sentences.forEach((text, j) => {
      const named = labels[i][j] ?? [];
      const row = i * s + j;
      if (named.length === 0 || spans[i][j].to <= spans[i][j].from) return;
      used[row] = 1;
      for (const region of named) regions[row * r + region] = 1 / named.length;
      owners.forEach((owner, k) => {
        if (k !== i && owner.has(text)) excluded[row * b + k] = -1e9;
      });
    });
  });
  return { regions, excluded, used, shape: [b, s, r] };
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
  matches: SentenceMatches,
  temperature: number,
): tf.Scalar {
  const [b, s, r] = matches.shape;
  if (!matches.used.includes(1)) return tf.scalar(0);
  const d = sentences.shape[2];
  const cosines = tf.matMul(
    tf.reshape(sentences, [b * s, d]) as tf.Tensor2D,
    tf.reshape(regions, [b * r, d]) as tf.Tensor2D,
    false,
    true,
  );
  const byRegion = tf.mul(tf.reshape(cosines, [b * s, b, r]), tf.tensor3d(matches.regions, [b * s, 1, r]));
  const scores = tf.div(tf.sum(byRegion, 2), temperature); // [b·s, b]
  const logits = tf.add(scores, tf.tensor2d(matches.excluded, [b * s, b])) as tf.Tensor2D;
  const own = Int32Array.from({ length: b * s }, (_, k) => Math.floor(k / s));
  return crossEntropy(logits, own, matches.used);
}
