import type { TokenBatch } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** `[b, t]`: 1 where a token is a word. */
export const wordsOf = ({ ids, shape: [b, t] }: TokenBatch): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from(ids, (id) => (id === 0 ? 0 : 1)),
    [b, t],
  );
