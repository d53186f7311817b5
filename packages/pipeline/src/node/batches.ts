import type { ContextTexts, StudyInput, VisionInput } from '@raca/core';
import type { Tokenizer } from '@raca/data';
import type { PictureBatch, StudyBatch } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { reportLabels } from '../finding-labels';
import type { ModelBatch } from '../model';
import type { FeatureSource } from './features';

/** What turns a batch into tensors. */
export interface BatchOptions {
  /** Where the model reads stored features instead of images. */
  readonly features: FeatureSource | null;
  /** Of the reports. */
  readonly tokenizer: Tokenizer;
}

/** Runs `use` with the batch as tensors, which are freed afterwards. */
export async function withBatch<T>(
  batch: StudyBatch,
  { features, tokenizer }: BatchOptions,
  use: (batch: ModelBatch) => T | Promise<T>,
): Promise<T> {
  const made: tf.Tensor[] = [];
  const keep = (input: VisionInput): VisionInput => {
    made.push('images' in input ? input.images : input.features.patches);
    return input;
  };
  try {
    const { prior } = batch;
    const study: StudyInput = {
      views: { input: keep(inputOf(batch, features)), kinds: batch.kinds },
      ...(prior && {
        prior: { views: { input: keep(inputOf(prior, features)), kinds: prior.kinds }, days: prior.days },
      }),
      texts: textsOf(batch),
      ids: batch.ids,
    };
    return await use({
      study,
      tokens: { ids: batch.tokens, shape: batch.tokensShape },
      sentenceRegions: batch.sentenceRegions,
      words: tokenizer.words,
      get labels() {
        return reportLabels(batch.reports); // kept: few models ask
      },
    });
  } finally {
    tf.dispose(made);
  }
}

const inputOf = ({ images, shape, imageFiles }: PictureBatch, features: FeatureSource | null): VisionInput =>
  features ? { features: features.patches(imageFiles) } : { images: tf.tensor5d(images, shape) };

const textsOf = ({ texts }: StudyBatch): StudyInput['texts'] =>
  Object.fromEntries(
    Object.entries(texts).map(([field, { tokens, shape, present }]): [string, ContextTexts] => [
      field,
      { tokens: { ids: tokens, shape }, present },
    ]),
  );
