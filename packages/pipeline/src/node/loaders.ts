import type { Transform } from '@raca/data';
import { type Dataset, type ImageCache, StudyLoader } from '@raca/data/node';
import { regionSetOf } from '../region-config';
import type { LoadedRun } from './load-run';

/** Loaders of both kinds of pass; images are decoded once for both, not at all for a model without backbone. */
export function makeLoaders(
  dataset: Dataset,
  { config, tokenizer, contextTokenizer, model: made }: Omit<LoadedRun, 'run'>,
  cache: ImageCache,
  onUnreadable?: (line: string) => void,
) {
  const { model, training } = config;
  const { imageSize: size, maxLength, views, missingViews, contextLength } = model;
  const { context } = made.parts;
  const { shortSide = size, flip } = training.augmentation;
  const common = {
    batchSize: training.batchSize,
    tokenizer,
    maxLength,
    views,
    missingViews,
    ...(context &&
      contextTokenizer && {
        context: { reads: context.reads, tokenizer: contextTokenizer, maxLength: contextLength },
      }),
    cache,
    onUnreadable,
    seed: training.seed,
    cleaning: training.cleaning,
    regions: regionSetOf(model).names,
  };
  const make = (transform: Transform, reuse: boolean) =>
    new StudyLoader(dataset, { ...common, reuse, transform: model.backbone ? transform : null });
  return {
    train: make({ kind: 'train', size, shortSide, flip }, true), // a step is over when it asks for the next batch
    evaluation: make({ kind: 'eval', size }, false),
  };
}
