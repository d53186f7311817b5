import * as tf from '@tensorflow/tfjs-core';
import type { Pass } from '../contracts/module';
import type { Initializer } from '../initializers';
import type { Parameters } from '../parameters';
import { dropout } from './dropout';
import { applyLinear, type Linear, linear } from './linear';

/** Two linear maps with a ReLU between. */
export interface FeedForward {
  readonly inner: Linear;
  readonly outer: Linear;
}

/** Weights `inner` `[d, ff]` and `outer` `[ff, d]`. */
export function feedForward(p: Parameters, d: number, ff: number, init?: Initializer): FeedForward {
  return { inner: linear(p.scope('inner'), d, ff, init), outer: linear(p.scope('outer'), ff, d, init) };
}

/** `[b, n, d]` → `[b, n, d]`; dropout after the ReLU. */
export function applyFeedForward(f: FeedForward, x: tf.Tensor3D, rate: number, pass: Pass): tf.Tensor3D {
  return applyLinear(f.outer, dropout(tf.relu(applyLinear(f.inner, x)), rate, pass));
}
