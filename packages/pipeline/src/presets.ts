import { parseRunConfig, type RunConfig } from './config';

/**
 * Findings that are small, thin or rare on drawn images: their positive states weigh four times, without which a small network
 * never states them.
 */
const HARD_TO_SEE = ['Lung Lesion', 'Lung Opacity', 'Pleural Other', 'Fracture', 'Support Devices'];

/**
 * Small enough to train on two processor cores in minutes: made for the phantom, not for real images.
 * Every size differs from the paper's; the modules are the same. No dropout: in a dozen epochs over a few thousand
 * drawn studies nothing is learned by heart, and dropout made learning several times slower.
 */
export const smallConfig = (): RunConfig =>
  parseRunConfig({
    model: {
      width: 96,
      imageSize: 112,
      views: 2,
      missingViews: 'empty',
      maxLength: 60,
      backbone: { use: 'small-cnn', config: { stem: 2, channels: [16, 32, 64, 128] } },
      vision: {
        use: 'visual-transformer',
        config: { heads: 4, feedForward: 192, layers: 1, dropout: 0, patchDropout: 0 },
      },
      agent: { use: 'raca', config: { epochs: 2, priorLogit: 2 } },
      alignment: {
        use: 'contrastive',
        config: { projection: 64, heads: 4, feedForward: 192, layers: 1, dropout: 0 },
      },
      fusion: { use: 'bca', config: { attentionWidth: 32 } },
      findings: {
        use: 'finding-head',
        config: { states: 'hard', weights: Object.fromEntries(HARD_TO_SEE.map((name) => [name, 4])) },
      },
      decoder: { use: 'transformer', config: { heads: 4, feedForward: 192, layers: 2, dropout: 0 } },
    },
    training: {
      epochs: 12,
      eyesFirst: 5,
      batchSize: 16,
      learningRates: { backbone: 5e-4, vision: 4e-4, text: 5e-4, rest: 1e-3 },
      weightDecay: 0,
      schedule: { every: 2, gamma: 0.6 },
      amsgrad: false,
      agentEvery: 4,
      selection: 'findingsAndBleu4',
      augmentation: { shortSide: 120 },
    },
  });

/** The paper's sizes and training on IU X-ray, with our variants of the modules. */
export const fullConfig = (): RunConfig =>
  parseRunConfig({
    model: {
      width: 512,
      imageSize: 224,
      views: 2,
      missingViews: 'empty',
      maxLength: 60,
      backbone: { use: 'resnet', config: { depth: 101, frozen: false } },
      vision: { use: 'visual-transformer' },
      agent: { use: 'raca' },
      alignment: { use: 'contrastive' },
      fusion: { use: 'bca' },
      decoder: { use: 'transformer' },
    },
    training: { augmentation: { shortSide: 256 } },
  });

/** {@link fullConfig} with the published variant of every module. */
export const publishedConfig = (): RunConfig => {
  const config = fullConfig();
  const published = { variant: 'published' };
  return parseRunConfig({
    model: {
      ...config.model,
      missingViews: 'repeat',
      vision: { use: 'visual-transformer', config: published },
      agent: { use: 'published' },
      alignment: { use: 'contrastive', config: published },
      fusion: { use: 'bca', config: published },
      decoder: { use: 'transformer', config: published },
    },
    training: {
      ...config.training,
      augmentation: { shortSide: 256, flip: true },
      generation: { unknown: true },
    },
  });
};

/** Configs by the name that `--config` takes. */
export const PRESETS: Readonly<Record<string, () => RunConfig>> = {
  small: smallConfig,
  full: fullConfig,
  published: publishedConfig,
};
