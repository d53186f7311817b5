import { useBackend } from '@raca/backend/node';
import { meanSentenceBleu, type Reward, rewardOf } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelBatch } from './model';
import { buildModel } from './modules';
import { TINY_SIZES, TINY_WORDS, tinyBatch, tinyConfig } from './tiny';
import { parameterGroups, Trainer } from './trainer';

beforeAll(() => useBackend({ prefer: ['wasm'] }));

const decode = (ids: ArrayLike<number>): string =>
  Array.from(ids, (id) => (id ? TINY_WORDS[id - 1] : '')).join(' ');

const trainerOf = (training: object = {}, agentReward?: Reward): Trainer => {
  const { model, training: settings } = tinyConfig({}, training);
  return new Trainer(buildModel(model, TINY_SIZES), settings, decode, agentReward);
};

const weights = ({ model }: Trainer) =>
  new Map([...model.parameters].map(([name, v]) => [name, [...v.dataSync()]]));

describe('Trainer', () => {
  it('holds as many tensors after 50 steps as before', () => {
    const trainer = trainerOf({ agentEvery: 2 });
    const batch = tinyBatch();
    const before = tf.memory().numTensors;
    let last = 0;
    let first = 0;
    for (let i = 0; i < 50; i++) {
      last = trainer.trainStep(batch, 0).tokens;
      first ||= last;
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(trainer.step).toBe(50);
    expect(last).toBeLessThan(first / 2); // three reports by heart
  });

  it('ends with the same weights for the same seed, with others for another', () => {
    const batch = tinyBatch();
    const run = (seed: number) => {
      const trainer = trainerOf({ seed });
      for (let i = 0; i < 4; i++) trainer.trainStep(batch, 0);
      return weights(trainer);
    };
    const once = run(1);
    expect(run(1)).toEqual(once);
    expect(run(2)).not.toEqual(once); // dropout and sampling differ, first weights do not
  });

  it('goes on from a saved state as without the break', () => {
    const batch = tinyBatch();
    const whole = trainerOf();
    for (let i = 0; i < 3; i++) whole.trainStep(batch, 0);
    const resumed = trainerOf();
    for (const [name, v] of resumed.model.parameters) v.assign(whole.model.parameters.get(name)!);
    resumed.loadState(whole.state());
    resumed.step = whole.step;
    for (const trainer of [whole, resumed]) trainer.trainStep(batch, 1);
    expect(weights(resumed)).toEqual(weights(whole));
  });

  it('lets the agent act and learn in every n-th step', () => {
    const trainer = trainerOf({ agentEvery: 3 });
    const batch = tinyBatch();
    const acted = Array.from({ length: 6 }, () => 'agent/reward' in trainer.trainStep(batch, 0));
    expect(acted).toEqual([true, false, false, true, false, false]);
  });

  it('gives the agent the reward it is told, for sampled and deterministic masks; sentence BLEU-4 by default', () => {
    const batch = tinyBatch();
    const seen: [references: readonly string[], generated: readonly string[]][] = [];
    const zero: Reward = (references, generated) => {
      seen.push([references, generated]);
      return references.map(() => 0);
    };
    const agentOf = (agentReward?: Reward) => {
      const trainer = trainerOf({}, agentReward);
      for (let i = 0; i < 3; i++) trainer.trainStep(batch, 0);
      return [...weights(trainer)].filter(([name]) => name.startsWith('agent.'));
    };
    const usual = agentOf();
    expect(agentOf(rewardOf({ metric: meanSentenceBleu() }))).toEqual(usual);
    expect(agentOf((references, generated) => zero(references, generated).map((_, i) => i))).not.toEqual(
      usual,
    );
    expect(seen).toHaveLength(3 * 2);
    expect(seen[0][0][0]).toMatch(/clear|big/); // words of the batch's reports
    expect(seen[0][0]).toEqual(seen[5][0]);
    expect(seen[0][1]).toHaveLength(3);
  });

  it('names the loss that is not finite; weights, step and memory stay', () => {
    const trainer = trainerOf();
    const batch = tinyBatch();
    trainer.trainStep(batch, 0);
    const images = tf.fill<tf.Rank.R5>([3, 2, 16, 16, 3], Number.NaN);
    const broken: ModelBatch = { ...batch, study: { views: { ...batch.study.views, input: { images } } } };
    const before = weights(trainer);
    const tensors = tf.memory().numTensors;
    expect(() => trainer.trainStep(broken, 0)).toThrow(
      /^training step 1: the loss "\w+" is NaN, expected a finite number$/,
    );
    expect(weights(trainer)).toEqual(before);
    expect(trainer.step).toBe(1);
    expect(tf.memory().numTensors).toBe(tensors);
    trainer.trainStep(batch, 0); // still works
  });

  it('sorts weights into groups by their names', () => {
    const { model, training } = tinyConfig();
    const raca = buildModel(model, TINY_SIZES);
    const groups = parameterGroups(raca.trained, training);
    const rates = { backbone: 1, text: 2, rest: 3 };
    expect(parameterGroups(raca.trained, { learningRates: rates }).map((g) => g.learningRate)).toEqual([
      1, 3, 2, 3,
    ]);
    expect(groups.map(({ name }) => name)).toEqual(['backbone', 'vision', 'text', 'rest']);
    const [backbone, vision, text, rest] = groups.map(({ parameters }) => [...parameters.keys()]);
    expect(backbone.length).toBeGreaterThan(0);
    expect(backbone.every((name) => name.startsWith('vision.backbone.'))).toBe(true);
    expect(vision).toContain('vision.embed.weight');
    expect(text.length).toBeGreaterThan(0);
    expect(text.every((name) => name.startsWith('alignment.encoder.'))).toBe(true);
    expect(rest).toContain('decoder.embedding.weight');
    expect(backbone.length + vision.length + text.length + rest.length).toBe(raca.trained.size);
  });
});
