import { expect, it } from 'vitest';
import { parseRunConfig } from './config';
import { weightsOf } from './config-budget';
import { PRESETS } from './presets';

// biome-ignore lint/suspicious/noExplicitAny: a config that is broken on purpose
const changed = (edit: (config: any) => void) => {
  const config = structuredClone(PRESETS.small());
  edit(config);
  return () => parseRunConfig(config, 'mine.json');
};

it.each(Object.keys(PRESETS))('lets the preset %s pass', (name) => {
  const config = PRESETS[name as keyof typeof PRESETS]();
  expect(parseRunConfig(config)).toEqual(config);
});

it('counts the weights of layers and convolutions from below', () => {
  // 3 layers of 4 × 512² (one attention) and 2 × 512 × 2048 (feed-forward)
  expect(weightsOf({ layers: 3, feedForward: 2048 }, 512)).toBe(3 * (4 * 512 ** 2 + 2 * 512 * 2048));
  expect(weightsOf({ channels: [4, 8], residuals: 1 }, 512)).toBe(9 * 4 + 9 * 4 * 8 + 9 * 8 * 8);
  expect(weightsOf(undefined, 512)).toBe(0);
});

it('refuses sizes that are sound one by one, but not together', () => {
  expect(
    changed(({ model }) => Object.assign(model.decoder.config, { layers: 12, feedForward: 8192 })),
  ).not.toThrow();
  expect(
    changed(({ model }) => {
      model.width = 8192;
      Object.assign(model.decoder.config, { layers: 128, feedForward: 32_768 });
    }),
  ).toThrow(
    /^mine\.json: model\.decoder\.config: expected a module of at most 500000000 weights, found \d+ \(feedForward 32768, layers 128\)/,
  );
  expect(changed(({ model }) => Object.assign(model, { views: 64, grid: { rows: 256, cols: 256 } }))).toThrow(
    /^mine\.json: model\.grid: expected views × rows × columns of at most 16384 patches, found 4194304/,
  );
  expect(
    changed(({ model, training }) => {
      model.imageSize = 4096;
      training.batchSize = 4096;
    }),
  ).toThrow(/^mine\.json: training\.batchSize: expected a step of at most 268435456 pixels/);
  expect(
    changed(({ model, training }) => {
      model.maxLength = 8192;
      training.batchSize = 4096;
    }),
  ).toThrow(/^mine\.json: training\.batchSize: expected a step of at most 268435456 token values/);
});
