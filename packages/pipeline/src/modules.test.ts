import '@tensorflow/tfjs-backend-cpu';
import { bankOf } from '@raca/context';
import {
  EVALUATION,
  type FusionInput,
  orthogonal,
  Parameters,
  patchMemory,
  Random,
  valueAndGradients,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config';
import { buildModel, MODULES } from './modules';
import { imagesOf, TINY_SIZES, tinyBatch, tinyConfig } from './tiny';
import { Trainer } from './trainer';

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
    'model.fusion.use: expected one of bca, mean, gated-sum, self-attention, contrastive-attention, ' +
      'expert-tokens, front-door, region-encoder, encoder-levels, found "bac"',
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

it('draws no weights for a model that is loaded, but those that no file sets', () => {
  const kept: tf.Variable[] = [];
  const modules = {
    ...MODULES,
    fusion: {
      ...MODULES.fusion,
      mine: (_: unknown, { width }: { width: number }, random: Random) => {
        const own = Parameters.create(random).add('projection', [width, width], orthogonal); // in no list
        kept.push(own);
        return {
          info: { package: 'mine', version: '1.0.0', name: 'mine', config: {} },
          parameters: new Map(),
          fuse: ({ features }: FusionInput) =>
            patchMemory({ ...features, patches: tf.clone(features.patches) }),
          dispose: () => own.dispose(),
        };
      },
    },
  };
  const build = (fusion: string, weights?: 'loaded') => {
    const { model: config } = tinyConfig({ fusion: { use: fusion, config: {} } });
    const model = buildModel(config, { ...TINY_SIZES, weights }, modules);
    const values = [...model.parameters].map(([name, variable]) => [name, [...variable.dataSync()]] as const);
    const mine = kept.at(-1)?.isDisposed === false ? [...kept.at(-1)!.dataSync()] : [];
    model.dispose();
    return { values: new Map(values), mine };
  };
  const { numTensors } = tf.memory();
  const loaded = build('gated-sum', 'loaded').values;
  expect([...loaded.keys()]).toEqual([...build('gated-sum').values.keys()]);
  for (const [name, values] of loaded)
    expect(
      values.every((x) => x === 0),
      name,
    ).toBe(true);
  expect(build('mine', 'loaded')).toEqual(build('mine'));
  expect(build('mine').mine.some((x) => x !== 0)).toBe(true);
  expect(tf.memory().numTensors).toBe(numTensors);
});

const text = { heads: 2, feedForward: 6, layers: 1, dropout: 0.1 };
const bank = bankOf(
  Float32Array.from({ length: 3 * 8 }, (_, i) => Math.sin(i * i)),
  ['a', 'b', 'c'],
  [Int32Array.of(1, 2), Int32Array.of(3), Int32Array.of(2, 3, 1)],
);
const SLOTS: [keyof ModelConfig, string, object][] = [
  ['context', 'study-context', { ...text, prior: true }],
  ['context', 'similar-cases', { ...text, bank: 'read above' }],
  ['agent', 'raca', { hidden: 4 }],
  ['agent', 'adaptive', { hidden: 4, eyes: { stem: 2, channels: [2, 3, 4], residuals: 0 } }],
  ['agent', 'published', { hidden: 4 }],
  ['agent', 'prior', {}],
  ['agent', 'straight-through', { hidden: 4 }],
  ['agent', 'gumbel', { hidden: 4 }],
  ['alignment', 'contrastive', { ...text, projection: 4 }],
  ['alignment', 'global', { ...text, projection: 4 }],
  ['alignment', 'triplet', { ...text, projection: 4 }],
  ['alignment', 'multi-view', { ...text, projection: 4, words: true }],
  ['alignment', 'fita', { ...text, projection: 4 }],
  ['alignment', 'uar', { heads: 2, basis: 5, calibrated: true }],
  ['fusion', 'bca', { attentionWidth: 3 }],
  ['fusion', 'mean', {}],
  ['fusion', 'gated-sum', {}],
  ['fusion', 'self-attention', { heads: 2 }],
  ['fusion', 'contrastive-attention', { attentions: 2, pool: 3, global: true }],
  ['fusion', 'expert-tokens', { ...text, experts: 2 }],
  ['fusion', 'front-door', { heads: 2, feedForward: 6, projections: true }],
  ['fusion', 'region-encoder', { ...text, layers: 2 }],
  ['fusion', 'encoder-levels', { ...text, layers: 2 }],
  ['findings', 'finding-head', {}],
  ['findings', 'symptom-head', { symptoms: 3 }],
  ['decoder', 'transformer', text],
  ['decoder', 'relational-memory', text],
  ['decoder', 'memory-matrix', { ...text, memoryRows: 5, topK: 2 }],
  ['decoder', 'experts', { ...text, experts: 3 }],
  ['decoder', 'u-links', text],
];

describe('every alternative of a slot', () => {
  it('is listed here', () => {
    for (const slot of ['context', 'agent', 'alignment', 'fusion', 'findings', 'decoder'] as const) {
      const tried = SLOTS.filter(([name]) => name === slot).map(([, use]) => use);
      expect(Object.keys(MODULES[slot])).toEqual(tried);
    }
  });

  it.each([
    ...SLOTS,
    ...(['agent', 'alignment', 'fusion'] as const).map((slot) => [slot, null, {}] as const),
  ])('%s %s trains in the whole model', (slot, use, config) => {
    // the published agent knows a 7 × 7 grid only
    const grid = use === 'published' ? { imageSize: 56, grid: { rows: 7, cols: 7 } } : {};
    const { model, training } = tinyConfig({ [slot]: use && { use, config }, ...grid });
    const before = tf.memory().numTensors;
    const raca = buildModel(model, { ...TINY_SIZES, contextVocabularySize: 4, bank });
    const trainer = new Trainer(raca, training, (ids) => Array.from(ids).join(' '));
    const batch = tinyBatch();
    if (use === 'published') {
      const small = imagesOf(batch);
      (batch.study.views.input as { images: tf.Tensor5D }).images = tf.randomNormal(
        [3, 2, 56, 56, 3],
        0,
        1,
        'float32',
        1,
      );
      small.dispose();
    }
    const values = (name: string) =>
      [...raca.parameters].filter(([own]) => own.startsWith(`${name}.`)).map(([, v]) => v.dataSync().slice());
    const start = values(slot);
    for (let step = 0; step < 2; step++) {
      const log = trainer.trainStep(batch, 0);
      expect(Object.values(log).every(Number.isFinite), JSON.stringify(log)).toBe(true);
    }
    if (start.length > 0) expect(values(slot)).not.toEqual(start);
    tf.dispose(imagesOf(batch));
    raca.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['mean', 'gated-sum', 'self-attention'])(
    'the losses train a differentiable agent, fusion %s',
    (fusion) => {
      const parts = {
        alignment: null,
        fusion: { use: fusion, config: fusion === 'self-attention' ? { heads: 2 } : {} },
      };
      const { model } = tinyConfig({
        ...parts,
        agent: { use: 'gumbel', config: { hidden: 4, priorWeight: 0 } },
      });
      const raca = buildModel(model, TINY_SIZES);
      expect([...raca.trained.keys()].some((name) => name.startsWith('agent.'))).toBe(true);
      const run = (training: boolean) =>
        valueAndGradients(
          () => raca.losses(tinyBatch(), training ? { training, random: new Random(3) } : EVALUATION).total,
          raca.trained,
        ).gradients;
      expect([...run(true).keys()].filter((name) => name.startsWith('agent.')).length).toBeGreaterThan(4);
      expect([...run(false).keys()].filter((name) => name.startsWith('agent.'))).toEqual([]);
      raca.dispose();
    },
  );

  it('adds the losses of a differentiable agent, weighed by name, in training', () => {
    const { model } = tinyConfig({
      agent: { use: 'straight-through', config: { hidden: 4 } },
      alignment: null,
    });
    const raca = buildModel(model, TINY_SIZES);
    const sum = (weights: Record<string, number>) => {
      const pass = { training: true, random: new Random(3) } as const;
      const { total, parts } = raca.losses(tinyBatch(), pass, weights);
      expect(Object.keys(parts)).toEqual(['tokens', 'agentPrior']);
      return [total, parts.tokens, parts.agentPrior].map((x) => x.dataSync()[0]);
    };
    const [plain, tokens, prior] = sum({});
    expect(plain).toBeCloseTo(tokens + prior, 5);
    expect(sum({ agentPrior: 3 })[0]).toBeCloseTo(tokens + 3 * prior, 5);
    raca.dispose();
  });
});
