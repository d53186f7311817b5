import '@tensorflow/tfjs-backend-cpu';
import { createRequire } from 'node:module';
import { EVALUATION, type LossInput, type Module, type Random, valueAndGradients } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { buildModel, MODULES, type ModuleTable } from './modules';
import { TINY_SIZES, tinyBatch, tinyConfig } from './tiny';
import { Trainer } from './trainer';

const PATH = '/home/me/fusion.mjs';

/** What a model with this fusion by path says when it is built. */
function refusal(fusion: () => unknown): string {
  const modules = { ...MODULES, fusion: { [PATH]: fusion } } as unknown as ModuleTable;
  const before = tf.memory().numTensors;
  const { model } = tinyConfig({ fusion: { use: PATH, config: {} } });
  let message = 'built';
  try {
    buildModel(model, TINY_SIZES, modules).dispose();
  } catch (error) {
    message = (error as Error).message;
  }
  expect(tf.memory().numTensors).toBe(before);
  return message;
}

describe('a module that does not fit its slot', () => {
  const made = { info: { package: 'mine', version: '1.0.0', name: 'mine', config: {} }, dispose: () => {} };

  it('without the function of its contract: slot, file and the function are named', () => {
    const parameters = () => new Map([['w', tf.tidy(() => tf.variable(tf.ones([2])))]]);
    expect(refusal(() => ({ ...made, parameters: parameters(), combine: () => {} }))).toBe(
      `model.fusion (${PATH}): expected a module with the functions fuse, found none named fuse`,
    );
  });

  it('with weights of another copy of tfjs, or none of tfjs', () => {
    const theirs = otherTfjs();
    const w = theirs.variable(theirs.ones([2]));
    const message = (name: string) =>
      `model.fusion (${PATH}): expected weights that are variables of the tfjs that RACA runs on (4.22.0), ` +
      `found "${name}", which is of another copy or no variable; see docs/own-modules.md`;
    const fuse = () => {};
    expect(refusal(() => ({ ...made, parameters: new Map([['w', w]]), fuse }))).toBe(message('w'));
    expect(refusal(() => ({ ...made, parameters: new Map([['v', [1, 2]]]), fuse }))).toBe(message('v'));
  });
});

/** A copy of tfjs with an engine of its own, as in another realm; copies of one realm share theirs. */
function otherTfjs(): typeof tf {
  const require = createRequire(import.meta.url);
  const path = require.resolve('@tensorflow/tfjs-core');
  const world = globalThis as { _tfengine?: unknown };
  const [engine, cached] = [world._tfengine, require.cache[path]];
  delete world._tfengine;
  delete require.cache[path];
  try {
    const copy = require(path) as typeof tf;
    copy.registerBackend(
      'cpu',
      () => new (tf.findBackend('cpu').constructor as new () => tf.KernelBackend)(),
    );
    return copy;
  } finally {
    world._tfengine = engine;
    require.cache[path] = cached;
  }
}

describe('losses of modules', () => {
  type Make = (config: never, sizes: never, random: Random, backbone: never) => Module;
  const withLosses =
    (make: unknown, losses: (input: LossInput) => Record<string, tf.Scalar>) =>
    (...[config, sizes, random, backbone]: Parameters<Make>): Module =>
      Object.assign((make as Make)(config, sizes, random, backbone), { losses });
  const constant = (name: string, value: number) => () => ({ [name]: tf.scalar(value) });
  const table = (slots: Record<string, Record<string, unknown>>): ModuleTable =>
    ({ ...MODULES, ...slots }) as unknown as ModuleTable;

  const ofFourSlots = table({
    vision: {
      'visual-transformer': withLosses(MODULES.vision['visual-transformer'], constant('ofVision', 2)),
    },
    agent: { raca: withLosses(MODULES.agent.raca, constant('ofAgent', 3)) },
    fusion: { bca: withLosses(MODULES.fusion.bca, constant('ofFusion', 5)) },
    decoder: { transformer: withLosses(MODULES.decoder.transformer, constant('ofDecoder', 7)) },
  });

  it('are added for every slot, weighed by name', () => {
    const raca = buildModel(tinyConfig({ alignment: null }).model, TINY_SIZES, ofFourSlots);
    const total = (weights?: Record<string, number>): number => {
      const losses = raca.losses(tinyBatch(), EVALUATION, weights);
      expect(Object.keys(losses.parts).sort()).toEqual([
        'ofAgent',
        'ofDecoder',
        'ofFusion',
        'ofVision',
        'tokens',
      ]);
      return losses.total.dataSync()[0] - losses.parts.tokens.dataSync()[0];
    };
    expect(total()).toBeCloseTo(2 + 3 + 5 + 7, 4);
    expect(total({ ofVision: 10, ofAgent: 0, ofDecoder: 0.5 })).toBeCloseTo(20 + 0 + 5 + 3.5, 4);
    raca.dispose();
  });

  it('are in the log of a training step under their names', () => {
    const { model, training } = tinyConfig({ alignment: null }, { lossWeights: { ofFusion: 2 } });
    const raca = buildModel(model, TINY_SIZES, ofFourSlots);
    const log = new Trainer(raca, training, (ids) => Array.from(ids).join(' ')).trainStep(tinyBatch(), 0);
    expect(log).toMatchObject({ ofVision: 2, ofAgent: 3, ofFusion: 5, ofDecoder: 7 });
    expect(log.loss - log.tokens).toBeCloseTo(2 + 3 + 2 * 5 + 7, 4);
    raca.dispose();
  });

  it('train what they are made of', () => {
    const ofMemory = ({ memory }: LossInput) => ({ size: tf.mean(tf.square(memory!.tokens)) as tf.Scalar });
    const modules = table({ fusion: { bca: withLosses(MODULES.fusion.bca, ofMemory) } });
    const { model } = tinyConfig({ alignment: null });
    const raca = buildModel(model, TINY_SIZES, modules);
    const reached = (weights: Record<string, number>): string[] => {
      const { value, gradients } = valueAndGradients(
        () => raca.losses(tinyBatch(), EVALUATION, { tokens: 0, ...weights }).total,
        raca.trained,
      );
      const moved = [...gradients].filter(([, g]) => g.dataSync().some((x) => x !== 0)).map(([name]) => name);
      tf.dispose([value, ...gradients.values()]);
      return moved;
    };
    expect(reached({ size: 0 })).toEqual([]);
    const slots = new Set(reached({ size: 1 }).map((name) => name.split('.')[0]));
    expect([...slots]).toEqual(['vision', 'fusion']); // nothing of the decoder, which comes later
    raca.dispose();
  });

  it('are refused where two have one name', () => {
    const modules = table({
      fusion: { bca: withLosses(MODULES.fusion.bca, constant('mine', 1)) },
      decoder: { transformer: withLosses(MODULES.decoder.transformer, constant('mine', 1)) },
    });
    const raca = buildModel(tinyConfig({ alignment: null }).model, TINY_SIZES, modules);
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(() => raca.losses(tinyBatch(), EVALUATION).total)).toThrow(
      'losses: two modules have a loss named "mine"',
    );
    expect(tf.memory().numTensors).toBe(before);
    raca.dispose();
  });

  it('are named by lossWeights, or the step is refused with the names there are', () => {
    const { model, training } = tinyConfig({}, { lossWeights: { glboal: 2 } });
    const trainer = new Trainer(buildModel(model, TINY_SIZES), training, String);
    const batch = tinyBatch();
    const before = tf.memory().numTensors;
    expect(() => trainer.trainStep(batch, 0)).toThrow(
      "training.lossWeights.glboal: expected one of the model's losses (tokens, global, local, matching), found no such loss",
    );
    expect(trainer.step).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
    trainer.model.dispose();
  });
});
