import * as tf from '@tensorflow/tfjs-core';
import type { Pass } from '../contracts/module';
import type { Initializer } from '../initializers';
import type { Parameters } from '../parameters';
import { type Attention, attention, selfAttend } from './attention';
import { dropout } from './dropout';
import { applyFeedForward, type FeedForward, feedForward } from './feed-forward';
import { applyNorm, type Norm, norm } from './norm';

/** Sizes of a Transformer stack. */
export interface TransformerSize {
  /** d */
  readonly width: number;
  readonly heads: number;
  /** Width of the feed-forward layer. */
  readonly feedForward: number;
  readonly layers: number;
  readonly dropout: number;
}

/** Pre-norm Transformer encoder with a final norm, no positions of its own. */
export interface TransformerEncoder {
  readonly size: TransformerSize;
  readonly layers: readonly EncoderLayer[];
  readonly norm: Norm;
}

interface EncoderLayer {
  readonly attention: Attention;
  readonly feedForward: FeedForward;
  readonly norms: readonly [Norm, Norm];
}

/** Weights `layers.<i>.{attention,feedForward,norms.<k>}` and `norm`. */
export function transformerEncoder(
  p: Parameters,
  size: TransformerSize,
  init?: Initializer,
): TransformerEncoder {
  const layers = Array.from({ length: size.layers }, (_, i): EncoderLayer => {
    const s = p.scope('layers').scope(i);
    return {
      attention: attention(s.scope('attention'), size.width, size.heads, init),
      feedForward: feedForward(s.scope('feedForward'), size.width, size.feedForward, init),
      norms: [norm(s.scope('norms').scope(0), size.width), norm(s.scope('norms').scope(1), size.width)],
    };
  });
  return { size, layers, norm: norm(p.scope('norm'), size.width) };
}

/** `[b, n, d]` → `[b, n, d]`. @param bias added to the scores, see {@link keyBias}; null: all may attend to all */
export function applyTransformerEncoder(
  e: TransformerEncoder,
  x: tf.Tensor3D,
  bias: tf.Tensor | null,
  pass: Pass,
): tf.Tensor3D {
  return applyNorm(e.norm, encoderLevels(e, x, () => bias, pass).at(-1)!);
}

/**
 * x, then what each layer makes of it, without a norm: `layers + 1` of `[b, n, d]`.
 * @param biasOf a layer's bias, added to its scores, from 0
 */
export function encoderLevels(
  { layers, size: { dropout: rate } }: TransformerEncoder,
  x: tf.Tensor3D,
  biasOf: (layer: number) => tf.Tensor | null,
  pass: Pass,
): tf.Tensor3D[] {
  const levels = [x];
  layers.forEach(({ attention, feedForward, norms }, i) => {
    const h = levels[i];
    const attended = selfAttend(attention, applyNorm(norms[0], h), biasOf(i), rate, pass);
    const joined = tf.add(h, dropout(attended, rate, pass)) as tf.Tensor3D;
    const fed = applyFeedForward(feedForward, applyNorm(norms[1], joined), rate, pass);
    levels.push(tf.add(joined, dropout(fed, rate, pass)));
  });
  return levels;
}
