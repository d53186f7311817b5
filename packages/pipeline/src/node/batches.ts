import type { StudyBatch } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelBatch } from '../model';

/** Runs `use` with the batch as tensors, which are freed afterwards. */
export async function withBatch<T>(
  batch: StudyBatch,
  use: (batch: ModelBatch) => T | Promise<T>,
): Promise<T> {
  const images = tf.tensor5d(batch.images, batch.shape);
  try {
    return await use({
      vision: { images },
      tokens: { ids: batch.tokens, shape: batch.tokensShape },
      sentenceRegions: batch.sentenceRegions,
    });
  } finally {
    images.dispose();
  }
}
