import { Random, unknownViews } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { type ModelConfig, parseRunConfig, type RunConfig } from './config';
import { reportLabels } from './finding-labels';
import type { ModelBatch } from './model';

/** For tests: a whole model of a few hundred weights. Two views of 16 × 16 pixels, 2 × 2 patches each. */
export function tinyConfig(model: Partial<ModelConfig> = {}, training: object = {}): RunConfig {
  const layers = { heads: 2, feedForward: 6, layers: 1, dropout: 0.1 };
  return parseRunConfig({
    model: {
      width: 8,
      imageSize: 16,
      views: 2,
      grid: { rows: 2, cols: 2 },
      maxLength: 9,
      backbone: { use: 'small-cnn', config: { channels: [2, 3, 4], residuals: 0 } },
      vision: { use: 'visual-transformer', config: { ...layers, patchDropout: 0.1 } },
      agent: { use: 'raca', config: { hidden: 4 } },
      alignment: { use: 'contrastive', config: { ...layers, projection: 4 } },
      fusion: { use: 'bca', config: { attentionWidth: 3 } },
      decoder: { use: 'transformer', config: layers },
      ...model,
    },
    training: {
      epochs: 2,
      batchSize: 3,
      learningRates: { backbone: 1e-2, text: 1e-2, rest: 1e-2 },
      wordThreshold: 1,
      ...training,
    },
  });
}

/** Words of the tiny vocabulary; ids run from 1, so that "." is 1. */
export const TINY_WORDS = ['.', '<unk>', 'big', 'clear', 'heart', 'lungs'];
export const TINY_SIZES = { vocabularySize: TINY_WORDS.length + 1, separator: 1, seed: 5 };

/** Three studies; the second report is cut at the longest length, the third is short. */
export function tinyBatch(seed = 1): ModelBatch {
  const random = new Random(seed);
  const pixels = Float32Array.from({ length: 3 * 2 * 16 * 16 * 3 }, () => random.normal());
  const rows = [
    [0, 6, 4, 1, 5, 3, 1, 0, 0],
    [0, 5, 3, 3, 3, 1, 6, 4, 4],
    [0, 6, 4, 1, 0, 0, 0, 0, 0],
  ];
  return {
    study: {
      views: { input: { images: tf.tensor5d(pixels, [3, 2, 16, 16, 3]) }, kinds: unknownViews(3, 2) },
    },
    tokens: { ids: Int32Array.from(rows.flat()), shape: [3, 9] },
    sentenceRegions: [[[0], [2]], [[2], []], [[0, 3]]],
    labels: reportLabels(rows.map((row) => row.map((id) => TINY_WORDS[id - 1] ?? '').join(' '))),
  };
}

/** Study `i` of a batch alone. The caller disposes its images. */
export function only({ study, tokens, sentenceRegions }: ModelBatch, i: number): ModelBatch {
  const { input, kinds } = study.views;
  const { images } = input as { images: tf.Tensor5D };
  const [, t] = tokens.shape;
  return {
    study: {
      views: {
        input: { images: tf.slice(images, [i, 0, 0, 0, 0], [1, -1, -1, -1, -1]) },
        kinds: [kinds[i]],
      },
    },
    tokens: { ids: tokens.ids.slice(i * t, (i + 1) * t), shape: [1, t] },
    sentenceRegions: [sentenceRegions[i]],
  };
}

/** Images of a batch, which are the caller's to free. */
export const imagesOf = ({ study }: ModelBatch): tf.Tensor5D =>
  (study.views.input as { images: tf.Tensor5D }).images;
