import type { StudyBatch } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelBatch } from '../model';
import type { FeatureSource } from './features';

/**
 * Runs `use` with the batch as tensors, which are freed afterwards.
 * @param features where the model reads stored features instead of images
 */
export async function withBatch<T>(
  batch: StudyBatch,
  features: FeatureSource | null,
  use: (batch: ModelBatch) => T | Promise<T>,
): Promise<T> {
  const vision = features
    ? { features: features.patches(batch.imageFiles) }
    : { images: tf.tensor5d(batch.images, batch.shape) };
  try {
    return await use({
      vision,
      tokens: { ids: batch.tokens, shape: batch.tokensShape },
      sentenceRegions: batch.sentenceRegions,
    });
  } finally {
    tf.dispose('images' in vision ? vision.images : vision.features.patches);
  }
}
