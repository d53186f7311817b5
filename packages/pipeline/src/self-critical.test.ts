import { useBackend } from '@raca/backend/node';
import { EVALUATION, Random, type TokenBatch } from '@raca/core';
import { largestError } from '@raca/core/testing';
import type { Reward } from '@raca/metrics';
import { policyLoss } from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from './modules';
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

/** How often a report says "clear". */
const countsClear: Reward = (_, texts) =>
  texts.map((text) => text.split(' ').filter((w) => w === 'clear').length);

const options = (more: Partial<RolloutOptions> = {}): RolloutOptions => ({
  ...{ reward: countsClear, samples: 1, baseline: 'greedy', standardise: false, maxLength: 9, decode },
  random: new Random(3),
  ...more,
});

const tinyModel = (dropout = 0) => {
  const layers = { heads: 2, feedForward: 6, layers: 1, dropout };
  const { model } = tinyConfig({
    vision: { use: 'visual-transformer', config: { ...layers, patchDropout: dropout } },
    decoder: { use: 'transformer', config: layers },
  });
  return buildModel(model, TINY_SIZES);
};

describe('policyLoss', () => {
  it('has the gradient of the expected reward, over all reports of a toy language', () => {
    // One study; V = 3, two positions with logits of their own: end at once, or a word and an end or word.
    const reports = [[], [1], [2], [1, 1], [1, 2], [2, 1], [2, 2]];
    const rewards = [0.1, 0.7, -0.3, 0.2, 0.9, 0, 0.4];
    const logits = tf.tensor2d([0.3, -0.2, 0.5, 0.1, 0.8, -0.6], [2, 3]);
    const probability = (logs: tf.Tensor, words: number[]): tf.Scalar => {
      const tokens = words.length < 2 ? [...words, 0] : words;
      const hot = tf.tensor2d(
        [0, 1].flatMap((t) => [0, 1, 2].map((id) => Number(tokens[t] === id))),
        [2, 3],
      );
      return tf.exp(tf.sum(tf.mul(logs, hot))) as tf.Scalar;
    };
    const expectedReward = (x: tf.Tensor): tf.Scalar => {
      const logs = tf.logSoftmax(x as tf.Tensor2D);
      return tf.addN(reports.map((words, i) => tf.mul(probability(logs, words), rewards[i]))) as tf.Scalar;
    };
    const exact = tf.grad(expectedReward)(logits).dataSync();

    const chances = reports.map((words) => probability(tf.logSoftmax(logits), words).dataSync()[0]);
    expect(chances.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    const greedy = 0.4; // any baseline: it drops out of the mean
    const ids = Int32Array.from(reports.flatMap((words) => [0, ...words, 0, 0].slice(0, 3)));
    const tokens: TokenBatch = { ids, shape: [7, 3] };
    const weights = Float32Array.from(rewards, (r, i) => chances[i] * (r - greedy));
    const positions = reports.reduce((n, words) => n + Math.min(2, words.length + 1), 0);
    const estimated = tf.grad((x) =>
      policyLoss(tf.tile(tf.reshape(x, [1, 2, 3]), [7, 1, 1]), tokens, weights),
    )(logits);
    const ascent = estimated.dataSync().map((g) => -g * positions);
    expect(largestError(ascent, exact)).toBeLessThan(1e-5);
  });
});

describe('rollOut', () => {
  it('draws reports whose probabilities teacher forcing confirms', async () => {
    const model = tinyModel();
    const batch = tinyBatch();
    const k = 3;
    const rollouts = await rollOut(model, batch, options({ samples: k }));
    expect(rollouts.tokens.shape[0]).toBe(3 * k);
    const encoded = model.encode(batch.study, EVALUATION);
    const regions = model.locate(encoded);
    // with advantage 1 for one sample the loss is its log-probability, over all that counts
    for (let i = 0; i < 3 * k; i++) {
      const only = rollouts.advantages.map((_, j) => Number(j === i));
      const loss = rolloutLoss(model, encoded, regions, { ...rollouts, advantages: only }, EVALUATION);
      expect(-loss.dataSync()[0] * counted(rollouts.tokens)).toBeCloseTo(rollouts.scores[i], 3);
    }
  });

  it('rewards each sample against the greedy report of its study', async () => {
    const seen: [readonly string[], readonly string[]][] = [];
    const reward: Reward = (references, texts) => {
      seen.push([references, texts]);
      return texts.map((_, i) => [1, 2, 3, 4, 5, 6, 10, 20, 30][i]);
    };
    const rollouts = await rollOut(tinyModel(), tinyBatch(), options({ reward, samples: 2 }));
    expect([...rollouts.advantages]).toEqual([-9, -8, -17, -16, -25, -24]);
    expect([rollouts.sampled, rollouts.greedy]).toEqual([3.5, 20]);
    expect(seen[0][0].slice(-3)).toEqual([
      'lungs clear . heart big .',
      'heart big big big . lungs clear clear',
      'lungs clear .',
    ]);
    expect(seen[0][0][0]).toBe(seen[0][0][1]);

    const others = await rollOut(
      tinyModel(),
      tinyBatch(),
      options({ reward, samples: 2, baseline: 'others' }),
    );
    expect([...others.advantages]).toEqual([-1, 1, -1, 1, -1, 1]);
    const standard = await rollOut(
      tinyModel(),
      tinyBatch(),
      options({ reward, samples: 2, standardise: true }),
    );
    const sd = Math.sqrt(35 / 12); // of 1 … 6
    expect(standard.advantages[0]).toBeCloseTo(-9 / sd, 4);
  });

  it('leaves no tensor behind, and depends on the seed alone', async () => {
    const model = tinyModel();
    const batch = tinyBatch();
    const before = tf.memory().numTensors;
    const first = await rollOut(model, batch, options());
    expect(tf.memory().numTensors).toBe(before);
    expect(await rollOut(model, batch, options())).toEqual(first);
    expect(await rollOut(model, batch, options({ random: new Random(4) }))).not.toEqual(first);
  });
});

describe('self-critical training', () => {
  const selfCritical = selfCriticalSchema.parse({ reward: 'sentence-bleu', weight: 0.7 });

  it('mixes its loss with the cross-entropy by weight', async () => {
    const { training } = tinyConfig({}, { selfCritical, agentEvery: 1 });
    const trainer = new Trainer(tinyModel(), training, decode);
    const batch = tinyBatch();
    const rollouts = await rollOut(trainer.model, batch, options());
    const before = tf.memory().numTensors;
    const log = trainer.trainStep(batch, 0, rollouts);
    expect(log.loss).toBeCloseTo(
      0.3 * log.tokens + 0.7 * log.selfCritical + log.global + log.local + log.matching,
      4,
    );
    expect(log['selfCritical/reward']).toBe(rollouts.sampled);
    for (let i = 0; i < 5; i++) trainer.trainStep(batch, 0, await rollOut(trainer.model, batch, options()));
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(0);
  });

  it('raises its reward', async () => {
    const { training } = tinyConfig({}, { selfCritical: { reward: 'sentence-bleu', weight: 1 } });
    const trainer = new Trainer(tinyModel(), training, decode);
    const batch = tinyBatch();
    const at = async (seed: number) =>
      rollOut(trainer.model, batch, options({ samples: 4, random: new Random(seed) }));
    const { sampled: start } = await at(1000);
    for (let i = 0; i < 25; i++) trainer.trainStep(batch, 0, await at(i));
    expect((await at(1000)).sampled).toBeGreaterThan(start + 1); // of at most 9
  });
});

/** Positions that count: words and ends. */
function counted({ ids, shape: [n, t] }: TokenBatch): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const row = [...ids.slice(i * t + 1, (i + 1) * t)];
    const end = row.indexOf(0);
    sum += end < 0 ? row.length : end + 1;
  }
  return sum;
}
