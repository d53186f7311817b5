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
  const rate = e.size.dropout;
  let h = x;
  for (const layer of e.layers) {
    const attended = selfAttend(layer.attention, applyNorm(layer.norms[0], h), bias, rate, pass);
    h = tf.add(h, dropout(attended, rate, pass));
    const fed = applyFeedForward(layer.feedForward, applyNorm(layer.norms[1], h), rate, pass);
    h = tf.add(h, dropout(fed, rate, pass));
  }
  return applyNorm(e.norm, h);
}
