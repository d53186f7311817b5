import type { Annotation } from '@raca/data';
import type { RunConfig } from './config';

/**
 * The config with as many views as most training studies have images, at most as many as it had: a preset for
 * two views also fits a data set with one.
 * @throws Error if there are no training studies
 */
export function fitToData(config: RunConfig, { train }: Pick<Annotation, 'train'>): RunConfig {
  if (train.length === 0) throw new Error('annotation.json: train: expected at least one study, found none');
  const counts = train.map(({ image_path }) => image_path.length).sort((a, b) => a - b);
  const median = counts[Math.floor(counts.length / 2)];
  return { ...config, model: { ...config.model, views: Math.min(config.model.views, median) } };
}
