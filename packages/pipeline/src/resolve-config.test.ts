import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { type ModelConfig, parseRunConfig } from './config';
import { MODULE_OPTIONS } from './module-options';
import { buildModel, MODULES } from './modules';
import { PRESETS, smallConfig } from './presets';
import { resolveConfig } from './resolve-config';
import { TINY_SIZES, tinyConfig } from './tiny';

const SLOTS = Object.keys(MODULES) as (keyof typeof MODULES)[];

/** What every module of a model says it was made from. */
const infos = (model: ModelConfig) => {
  const raca = buildModel(model, TINY_SIZES);
  const { vision, ...others } = raca.parts;
  const found = [...Object.values(others), vision, vision.backbone].map((module) => module?.info);
  raca.dispose();
  return found;
};

describe('resolveConfig', () => {
  it('knows the options of every module', () => {
    for (const slot of SLOTS) expect(Object.keys(MODULE_OPTIONS[slot])).toEqual(Object.keys(MODULES[slot]));
  });

  const small = { heads: 2, feedForward: 6, layers: 1 };
  const alternatives = SLOTS.flatMap((slot) =>
    Object.keys(MODULES[slot])
      .filter((use) => !['resnet', 'similar-cases'].includes(use)) // the backbone of `full`, below; reads a bank from disk
      .map((use) => [slot, use] as const),
  );
  it.each(alternatives)('says what %s %s is made from', (slot, use) => {
    const sizes: Record<string, object> = {
      'small-cnn': { channels: [2, 3, 4] },
      'self-attention': { heads: 2 },
      ...Object.fromEntries(['contrastive', 'global', 'triplet'].map((name) => [name, small])),
      ...Object.fromEntries(
        ['transformer', 'relational-memory', 'memory-matrix', 'experts'].map((n) => [n, small]),
      ),
      'visual-transformer': { heads: 2 },
      adaptive: { eyes: { stem: 2, channels: [2, 3] } },
    };
    const grid = use === 'published' ? { imageSize: 56, grid: { rows: 7, cols: 7 } } : {};
    const config = tinyConfig({ ...grid, [slot]: { use, config: sizes[use] ?? {} } });
    const full = resolveConfig(config);
    expect(infos(full.model)).toEqual(infos(config.model));
    expect(resolveConfig(full)).toEqual(full);
    expect(parseRunConfig(JSON.parse(JSON.stringify(full)))).toEqual(full);
  });

  it.each(Object.keys(PRESETS))('leaves nothing of %s open', (name) => {
    const { model, training } = resolveConfig(PRESETS[name]());
    expect(Object.keys(model.decoder.config)).toEqual([
      'variant',
      'heads',
      'feedForward',
      'layers',
      'dropout',
    ]);
    expect(training.learningRates.vision).toBeDefined();
    expect(training.augmentation.shortSide).toBeDefined();
  });

  it('fills in defaults as documented, and keeps what is written', () => {
    const { model, training } = resolveConfig(smallConfig());
    expect(model.fusion).toEqual({
      use: 'bca',
      config: { variant: 'raca', attentionWidth: 32, regions: 12, maskGradient: false },
    });
    expect(model.backbone?.config).toEqual({
      channels: [16, 32, 64, 128],
      stem: 2,
      residuals: 1,
      frozen: false,
    });
    expect(model.alignment?.config).toMatchObject({
      localLoss: 'sentences',
      acrossImages: true,
      projection: 64,
    });
    expect(model.vision.config).toMatchObject({ positions: 'learned' });
    expect(model.vision.config).not.toHaveProperty('inputWidth');
    expect(training.learningRates).toEqual({ backbone: 5e-4, vision: 4e-4, text: 5e-4, rest: 1e-3 });
    const written = { ...smallConfig().model, fusion: { use: 'bca', config: { width: 96 } } };
    expect(resolveConfig({ model: written, training }).model.fusion?.config.width).toBe(96);
  });

  it('fills in what depends on the variant or on other fields', () => {
    const config = PRESETS.published();
    const { model, training } = resolveConfig(config);
    expect(model.vision.config.positions).toBe('none');
    expect(model.alignment?.config).toMatchObject({ localLoss: 'means', acrossImages: false });
    expect(training.learningRates.vision).toBe(training.learningRates.rest);
    const features = { ...config.model, backbone: null };
    expect(resolveConfig({ ...config, model: features }).model.vision.config.inputWidth).toBe(2048);
  });

  it('says in one line what a module refuses, and leaves a user’s own alone', () => {
    const wrong = (config: object) => () =>
      resolveConfig(tinyConfig({ fusion: { use: 'bca', config: config as Record<string, unknown> } }));
    expect(wrong({ attentionwidth: 3 })).toThrow(
      'model.fusion (bca): config: Unrecognized key: "attentionwidth"',
    );
    expect(wrong({ attentionWidth: -3 })).toThrow(/^model\.fusion \(bca\): attentionWidth: /);
    const own = { use: './mine.mjs', config: { anything: [1] } };
    expect(resolveConfig(tinyConfig({ fusion: own })).model.fusion).toEqual(own);
  });
});
