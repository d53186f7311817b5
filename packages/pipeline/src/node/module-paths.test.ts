import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseRunConfig, type RunConfig } from '../config';
import { smallConfig } from '../presets';
import { ownPaths, withAbsoluteModules, withRelativeModules } from './module-paths';

const { model, training } = smallConfig();
const config: RunConfig = parseRunConfig({
  model: { ...model, fusion: { use: './fusion.mjs' } },
  training: {
    ...training,
    metrics: ['bleu', { use: './metric.mjs' }, { use: 'named' }],
    selection: { use: '../metric.mjs', key: 'a' },
    selfCritical: { reward: [{ metric: 'rouge-l' }, { use: './reward.mjs', weight: 2 }] },
    agentReward: { use: './reward.mjs' },
  },
});

it('finds every file of code that a config names, and makes their paths absolute and relative again', () => {
  expect(ownPaths(config)).toEqual([
    { field: 'model.fusion.use', path: './fusion.mjs' },
    { field: 'training.agentReward.use', path: './reward.mjs' },
    { field: 'training.metrics.use', path: './metric.mjs' },
    { field: 'training.selection.use', path: '../metric.mjs' },
    { field: 'training.selfCritical.reward.use', path: './reward.mjs' },
  ]);
  const absolute = withAbsoluteModules(config, 'folder/config.json');
  expect(ownPaths(absolute).map(({ path }) => path)).toEqual([
    ...['folder/fusion.mjs', 'folder/reward.mjs', 'folder/metric.mjs', 'metric.mjs', 'folder/reward.mjs'].map(
      (path) => resolve(path),
    ),
  ]);
  expect(withRelativeModules(absolute, 'folder/config.json')).toEqual(config);
});

it('leaves a config without such files as it is', () => {
  const plain = parseRunConfig({ model, training });
  expect(withAbsoluteModules(plain, 'config.json')).toEqual(plain);
});
