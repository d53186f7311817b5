import { useBackend } from '@raca/backend/node';
import { EVALUATION, Random } from '@raca/core';
import type { Reward } from '@raca/metrics';
import { drGrpo, editGrpo, grpo, rloo, scst, tokenLogProbabilities } from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { LabelledSentences, sampleEditor } from './labelled-sentences';
import { withoutLast } from './model';
import { buildModel } from './modules';
import { policyObjectiveOf } from './policy-objective';
import { repeatedRows } from './readable-rows';
import { type RolloutOptions, rollOut, rolloutLoss } from './self-critical';
import { selfCriticalSchema } from './self-critical-config';
import { TINY_SIZES, TINY_WORDS, tinyBatch, tinyConfig } from './tiny';
import { Trainer } from './trainer';

beforeAll(() => useBackend({ prefer: ['wasm'] }));

const decode = (ids: ArrayLike<number>): string =>
  Array.from(ids)
    .filter((id) => id > 0)
    .map((id) => TINY_WORDS[id - 1])
    .join(' ');
const countsClear: Reward = (_, texts) =>
  texts.map((text) => text.split(' ').filter((word) => word === 'clear').length);
const tinyModel = (seed = 5) => {
  const layers = { heads: 2, feedForward: 6, layers: 1, dropout: 0 };
  const { model } = tinyConfig({
    vision: { use: 'visual-transformer', config: { ...layers, patchDropout: 0 } },
    decoder: { use: 'transformer', config: layers },
  });
  return buildModel(model, { ...TINY_SIZES, seed });
};
const options = (more: Partial<RolloutOptions> = {}): RolloutOptions => ({
  ...{ reward: countsClear, samples: 3, baseline: 'greedy', standardise: false, maxLength: 9, decode },
  random: new Random(3),
  ...more,
});

const OBJECTIVES = {
  scst: scst(),
  rloo: rloo({ klWeight: 0.2 }),
  grpo: grpo({ klWeight: 0.2 }),
  'dr-grpo': drGrpo({ klWeight: 0.2, maxLength: 9 }),
  'edit-grpo': editGrpo({ klWeight: 0.2, maxLength: 9 }),
};

describe.each(Object.entries(OBJECTIVES))('%s in training', (name, objective) => {
  const klWeight = name === 'scst' ? 0 : 0.2;
  const config = selfCriticalSchema.parse({
    ...{ reward: 'sentence-bleu', weight: 1, objective: name, samples: 3, klWeight },
  });

  it('is the function of @raca/objectives of what was recorded', async () => {
    const [model, reference, batch] = [tinyModel(), tinyModel(6), tinyBatch()];
    const rollouts = await rollOut(model, batch, options({ reference: klWeight > 0 ? reference : null }));
    const encoded = model.encode(batch.study, EVALUATION);
    const regions = model.locate(encoded);
    const found = rolloutLoss(model, encoded, regions, rollouts, EVALUATION, {
      objective: policyObjectiveOf(config, 9),
    });
    // the same numbers, each computed on its own
    const scored = (m: typeof model) => {
      const own = m.encode(batch.study, EVALUATION);
      const read = repeatedRows(m.read(own, m.locate(own), EVALUATION), 3);
      return tokenLogProbabilities(m.forced(read, withoutLast(rollouts.tokens), EVALUATION), rollouts.tokens);
    };
    const { rewards, greedyRewards } = rollouts;
    const expected = objective({
      ...{ ...scored(model), reference: scored(reference).policy, rewards, samples: 3, greedyRewards },
    });
    expect(found.dataSync()[0]).toBeCloseTo(expected.dataSync()[0], 5);
    expect(Math.abs(found.dataSync()[0])).toBeGreaterThan(1e-4);
  });

  it('trains five steps, leaves no tensor and logs length and different texts', async () => {
    const { training } = tinyConfig({}, { selfCritical: config, agentEvery: 2 });
    const reference = klWeight > 0 ? tinyModel(6) : null;
    const edit = name === 'edit-grpo' ? sampleEditor(new LabelledSentences(1, decode)) : undefined;
    const run = async (steps: number) => {
      const trainer = new Trainer(tinyModel(), training, decode, undefined, 9);
      const batch = tinyBatch();
      const logs = [];
      for (let i = 0; i < steps; i++) {
        const random = new Random(i);
        const asked = options({ reference, random, ...(edit && { edit }) });
        logs.push(trainer.trainStep(batch, 0, await rollOut(trainer.model, batch, asked)));
        if (i === 0) before = tf.memory().numTensors;
      }
      return logs;
    };
    let before = 0;
    const logs = await run(5);
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(0);
    for (const log of logs) {
      expect(Number.isFinite(log.selfCritical)).toBe(true);
      expect(log['selfCritical/length']).toBeLessThanOrEqual(9);
      expect(log['selfCritical/distinct']).toBeGreaterThan(0);
      expect(log['selfCritical/distinct']).toBeLessThanOrEqual(1);
    }
    expect(logs[0].loss).toBeCloseTo(
      logs[0].selfCritical + logs[0].global + logs[0].local + logs[0].matching,
      4,
    );
    expect((await run(5)).at(-1)).toEqual(logs.at(-1));
  });
});

it('a second pass weighs tokens by how their probability has changed', async () => {
  const selfCritical = { reward: 'sentence-bleu', weight: 1, objective: 'grpo', samples: 3, passes: 2 };
  const learningRates = { backbone: 1e-3, text: 1e-3, rest: 1e-3 };
  const { training } = tinyConfig({}, { selfCritical, learningRates });
  const batch = tinyBatch();
  const once = new Trainer(
    tinyModel(),
    { ...training, selfCritical: { ...training.selfCritical!, passes: 1 } },
    decode,
  );
  const twice = new Trainer(tinyModel(), training, decode);
  const rollouts = await rollOut(once.model, batch, options());
  const first = once.trainStep(batch, 0, rollouts);
  const second = twice.trainStep(batch, 0, rollouts);
  expect([once.step, twice.step]).toEqual([1, 1]);
  expect(first.selfCritical).toBeCloseTo(0, 5); // all ratios 1: the mean advantage of a study is 0
  expect(second.selfCritical).toBeLessThan(-1e-3); // better samples have become more probable
});

describe('selfCriticalSchema', () => {
  const refused: [string, object, RegExp][] = [
    ['one sample', { objective: 'grpo' }, /at least 2 for "grpo", found 1/],
    [
      'a baseline beside an objective',
      { objective: 'rloo', samples: 2, baseline: 'others' },
      /its own, found "others"/,
    ],
    ['a clip without ratio', { objective: 'scst', clip: 0.1 }, /clips .*, found "scst"/],
    ['a reference without objective', { klWeight: 0.1 }, /reference .*, found no objective/],
    ['passes without clip', { objective: 'rloo', samples: 2, passes: 2 }, /clips, found 2 with "rloo"/],
  ];
  it.each(refused)('refuses %s', (_, more, message) => {
    const { error } = selfCriticalSchema.safeParse({ reward: 'cider', ...more });
    expect(error?.issues[0].message).toMatch(message);
  });
});

describe('sampleEditor', () => {
  it('corrects half of the samples by the labels of their sentences', () => {
    const words = ['.', 'no', 'pleural', 'effusion', 'there', 'is', 'a'];
    const ids = (text: string): number[] => text.split(' ').map((word) => words.indexOf(word) + 1);
    const edit = sampleEditor(
      new LabelledSentences(1, (all) => Array.from(all, (id) => words[id - 1]).join(' ')),
    );
    const wrong = ids('there is a pleural effusion .');
    const right = ids('there is no pleural effusion .');
    const samples = edit([wrong, wrong, wrong, wrong], right, new Random(1));
    expect(samples.filter((sample) => sample.join() === right.join())).toHaveLength(2);
    expect(samples.filter((sample) => sample.join() === wrong.join())).toHaveLength(2);
  });
});
