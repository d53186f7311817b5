import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { ModelConfig } from './config';
import { buildModel, MODULES } from './modules';
import { TINY_SIZES, tinyConfig } from './tiny';

const failing = (model: Partial<ModelConfig>, modules = MODULES) => {
  const before = tf.memory().numTensors;
  const build = () => buildModel(tinyConfig(model).model, TINY_SIZES, modules);
  let message = 'built';
  try {
    build();
  } catch (error) {
    message = (error as Error).message;
  }
  expect(tf.memory().numTensors).toBe(before);
  return message;
};

it('names the slot and the known names', () => {
  expect(failing({ fusion: { use: 'bac', config: {} } })).toBe(
    'model.fusion.use: expected one of bca, found "bac"',
  );
  expect(failing({ decoder: { use: 'toString', config: {} } })).toMatch(/^model\.decoder\.use: expected one/);
});

it('names the slot and the field that its module refuses, and keeps nothing', () => {
  const typo = failing({ decoder: { use: 'transformer', config: { layer: 2 } } });
  expect(typo).toBe('model.decoder (transformer): config: Unrecognized key: "layer"');
  expect(failing({ decoder: { use: 'transformer', config: { layers: 'two' } } })).toMatch(
    /^model\.decoder \(transformer\): layers: .*expected number/,
  );
  expect(failing({ backbone: { use: 'small-cnn', config: { channels: [2, 2, 2, 2, 2] } } })).toMatch(
    /^model\.backbone \(small-cnn\): smallCnn: inputSize must be divisible by 32, got 16/,
  );
});

it('wants a module from a factory', () => {
  const modules = { ...MODULES, fusion: { mine: () => ({}) as never } };
  expect(failing({ fusion: { use: 'mine', config: {} } }, modules)).toBe(
    'model.fusion (mine): expected a factory that returns a module (info, parameters, dispose), found object',
  );
});

it('gives a module the same first weights whatever the others are', () => {
  const values = (model: Partial<ModelConfig>) => {
    const raca = buildModel(tinyConfig(model).model, TINY_SIZES);
    const decoder = [...raca.parameters].filter(([name]) => name.startsWith('decoder.'));
    return decoder.map(([name, v]) => [name, [...v.dataSync()]]);
  };
  expect(values({ agent: null, alignment: null, fusion: null })).toEqual(values({}));
});
