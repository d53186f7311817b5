import '@tensorflow/tfjs-backend-cpu';
import { REGIONS, type RegionSet } from '@raca/core/regions';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type ModelConfig, parseRunConfig } from './config';
import { buildModel } from './modules';
import { overlay } from './overlay';
import { PRESETS } from './presets';
import { parseRegionSet, regionSetOf } from './region-config';
import { resolveConfig } from './resolve-config';
import { TINY_SIZES, tinyBatch, tinyConfig } from './tiny';
import { Trainer } from './trainer';

const HALVES: RegionSet = {
  name: 'halves',
  names: ['Right half', 'Left half', 'Top'],
  drawings: {
    frontal: {
      'Right half': [{ box: [0, 0, 0.5, 1] }],
      'Left half': [{ box: [0.5, 0, 1, 1] }],
      Top: [{ box: [0, 0, 1, 0.5] }],
    },
  },
  words: { 'Right half': ['right'], 'Left half': ['left'] },
};
const AGENTS = ['raca', 'adaptive', 'prior', 'straight-through', 'gumbel'];
const FUSIONS = ['bca', 'mean', 'gated-sum', 'self-attention'];

describe('model.regions in a config', () => {
  it('is absent in configs without it, which are what they were', () => {
    for (const make of Object.values(PRESETS)) {
      expect(JSON.stringify(make())).not.toContain('regions');
      expect(resolveConfig(make()).model).not.toHaveProperty('regions');
      expect(regionSetOf(make().model).names).toBe(REGIONS);
    }
  });

  it('is a set or a path; whatever needs the set says that a path is none', () => {
    const { model } = tinyConfig({ regions: HALVES });
    expect(model.regions).toEqual(HALVES);
    expect(JSON.parse(JSON.stringify(model)).regions).toEqual(HALVES);
    expect(tinyConfig({ regions: './mine.json' }).model.regions).toBe('./mine.json');
    expect(() => buildModel(tinyConfig({ regions: './mine.json' }).model, TINY_SIZES)).toThrow(
      'model.regions: expected the set itself, found the path ./mine.json',
    );
  });

  it('says what is wrong with a set, in one line', () => {
    const refused = (regions: unknown) => () => tinyConfig({ regions: regions as RegionSet });
    expect(refused({ ...HALVES, names: ['A', 'A'], words: {}, drawings: null })).toThrow(
      'config: model.regions.names: expected regions of different names, found one twice',
    );
    expect(refused({ name: 'x', names: 5 })).toThrow(/^config: model\.regions: names: .*expected array/);
    expect(refused(12)).toThrow('config: model.regions: expected a path or a set of regions');
    expect(() => parseRegionSet({ name: 'x', names: ['A'], words: { B: [] } }, 'mine.json')).toThrow(
      'mine.json: words.B: expected one of the set\'s regions, found "B"',
    );
  });

  it('is replaced as a whole by another set', () => {
    const other = { name: 'one', names: ['Chest'] };
    const { model } = overlay(tinyConfig({ regions: HALVES }), { model: { regions: other } });
    expect(model.regions).toEqual({ ...other, drawings: null, words: {} });
    const { model: same } = overlay(tinyConfig({ regions: HALVES }), {
      model: { regions: { words: { Top: ['apex'] } } },
    });
    expect(regionSetOf(same)).toEqual({ ...HALVES, words: { ...HALVES.words, Top: ['apex'] } });
  });

  it('is passed on, not written into the modules', () => {
    const { model } = resolveConfig(tinyConfig({ regions: HALVES }));
    expect(model.regions).toEqual(HALVES);
    expect(model.agent!.config).not.toHaveProperty('regions');
    expect(model.fusion!.config).not.toHaveProperty('regions');
    expect(parseRunConfig(resolveConfig(tinyConfig({ regions: HALVES })))).toEqual(
      resolveConfig(tinyConfig({ regions: HALVES })),
    );
  });
});

describe('a model of three regions', () => {
  const cases = [
    ...AGENTS.map((agent) => [agent, 'bca'] as const),
    ...FUSIONS.map((fusion) => ['raca', fusion] as const),
    [null, 'bca'] as const,
  ];
  it.each(cases)('agent %s, fusion %s: masks, losses and a step, no tensor left', (agent, fusion) => {
    const parts: Partial<ModelConfig> = {
      regions: HALVES,
      agent: agent === null ? null : { use: agent, config: agent === 'adaptive' ? { eyes: null } : {} },
      fusion: { use: fusion, config: fusion === 'self-attention' ? { heads: 2 } : {} },
    };
    const { model: config, training } = tinyConfig(parts);
    const model = buildModel(config, TINY_SIZES);
    const batch = { ...tinyBatch(), sentenceRegions: [[[0], [2]], [[2], []], [[0, 1]]] };
    const trainer = new Trainer(model, training, () => 'clear lungs .');
    const before = tf.memory().numTensors;
    const log = trainer.trainStep(batch, 0);
    const log2 = trainer.trainStep(batch, 0);
    expect(Number.isFinite(log.loss + log2.loss)).toBe(true);
    const [, r] = tf.tidy(() => model.locate(model.encode(batch.study, { training: false })).masks.shape);
    expect(r).toBe(3);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 2 * model.parameters.size + 8); // moments of Adam
    model.dispose();
  });

  it('finds no regions of the 12 only', () => {
    const build = (parts: Partial<ModelConfig>) => () => buildModel(tinyConfig(parts).model, TINY_SIZES);
    const published = { use: 'published', config: {} };
    expect(build({ regions: HALVES, agent: published, grid: { rows: 7, cols: 7 } })).toThrow(
      'model.agent (published): finds the 12 regions only, and model.regions is "halves"',
    );
    expect(build({ agent: { use: 'prior', config: { regions: HALVES } } })).toThrow(
      'model.agent.config.regions: expected the regions in model.regions',
    );
    expect(build({ regions: HALVES, fusion: { use: 'bca', config: { regions: 12 } } })).toThrow(
      'model.fusion.config.regions: expected 3, as in model.regions (halves), or nothing, found 12',
    );
    expect(build({ regions: { ...HALVES, drawings: null }, agent: { use: 'prior', config: {} } })).toThrow(
      'the set "halves" has none',
    );
  });

  it('refuses masks of another number of regions', () => {
    const other = buildModel(tinyConfig({ regions: HALVES }).model, TINY_SIZES);
    const table = { ...tinyConfig({ regions: HALVES }).model };
    const model = buildModel(table, TINY_SIZES);
    const wrong = { ...model.parts, agent: { ...other.parts.agent!, reads: 'features' as const } };
    const masks = tf.zeros<tf.Rank.R3>([3, 2, 8]);
    wrong.agent.locate = () => ({ masks, probabilities: masks });
    const broken = Object.assign(Object.create(Object.getPrototypeOf(model)), model, { parts: wrong });
    const batch = tinyBatch();
    const encoded = model.encode(batch.study, { training: false });
    expect(() => broken.locate(encoded)).toThrow(
      'model.agent: expected masks of 3 regions (see model.regions), found 2',
    );
    for (const one of [other, model]) one.dispose();
  });
});
