import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { parseRunConfig } from './config';
import { fitToData } from './fit-to-data';
import { buildModel } from './modules';
import { PRESETS, smallConfig } from './presets';
import { TINY_SIZES, tinyConfig } from './tiny';

const edited = (edit: (config: Record<string, Record<string, unknown>>) => void) => {
  const config = JSON.parse(JSON.stringify(tinyConfig()));
  edit(config);
  return () => parseRunConfig(config, 'mine.json');
};

it('keeps a config that is right', () => {
  expect(parseRunConfig(JSON.parse(JSON.stringify(tinyConfig())))).toEqual(tinyConfig());
});

it.each([
  ['an unknown field', edited((c) => (c.training.epoch = 3)), /^mine\.json: training: .*"epoch"/],
  [
    'a wrong type',
    edited((c) => (c.model.width = '8')),
    /^mine\.json: model\.width: .*expected number.*string/,
  ],
  ['a size of zero', edited((c) => (c.model.views = 0)), /^mine\.json: model\.views: .*>0/],
  ['a missing slot', edited((c) => delete c.model.fusion), /^mine\.json: model\.fusion: /],
  ['a list', () => parseRunConfig([], 'mine.json'), /^mine\.json: the config: .*expected object.*array/],
])('refuses %s in one line', (_, run, message) => {
  expect(run).toThrow(message);
  expect(run).not.toThrow(/\n/);
});

it('tells how many faults there are', () => {
  const both = edited((c) => {
    c.model.width = 0;
    c.model.views = 0;
  });
  expect(both).toThrow(/\(and 1 more\)$/);
});

it('has presets that stand as written by hand and read back', () => {
  expect(Object.keys(PRESETS)).toEqual(['small', 'full', 'published']);
  for (const preset of Object.values(PRESETS)) {
    expect(parseRunConfig(JSON.parse(JSON.stringify(preset())))).toEqual(preset());
  }
  // issue and paper: learning rates, schedule, batch, epochs, patience
  expect(PRESETS.published().training).toMatchObject({
    epochs: 100,
    batchSize: 16,
    patience: 50,
    seed: 42,
    wordThreshold: 3,
    learningRates: { backbone: 4e-5, text: 1e-5, rest: 6e-4 },
    weightDecay: 8e-5,
    clipValue: 0.1,
    schedule: { every: 5, gamma: 0.9 },
    augmentation: { shortSide: 256, flip: true },
  });
});

it('builds the small preset', () => {
  const model = buildModel(smallConfig().model, TINY_SIZES);
  expect([...model.parameters.keys()].some((name) => name.startsWith('agent.'))).toBe(true);
  model.dispose();
});

it('takes as many views as most studies have', () => {
  const study = (images: number) => ({
    id: `${images}`,
    report: 'Clear.',
    split: 'train' as const,
    image_path: Array.from({ length: images }, (_, i) => `${i}.png`),
  });
  const views = (...counts: number[]) => fitToData(tinyConfig(), { train: counts.map(study) }).model.views;
  expect(views(1, 1, 2)).toBe(1);
  expect(views(1, 2, 2)).toBe(2);
  expect(views(4, 4, 4)).toBe(2);
  expect(() => views()).toThrow('annotation.json: train: expected at least one study, found none');
});
