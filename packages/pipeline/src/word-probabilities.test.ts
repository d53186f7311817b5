import '@tensorflow/tfjs-backend-cpu';
import { INFERENCE } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { disposeReadable, encodeStudies, readableOf, writeJudgedReports } from './generate';
import { buildModel } from './modules';
import { TINY_SIZES, tinyBatch, tinyConfig } from './tiny';
import { wordLogProbabilities } from './word-probabilities';

const findings = { use: 'finding-head', config: { tell: 'prefix' } };

it.each(['greedy', 'beam'] as const)(
  'sums to the score that the search found, end apart: %s',
  async (search) => {
    const model = buildModel(tinyConfig({ findings }).model, TINY_SIZES);
    const generation = { search, beam: 2, trigramPenalty: false, lengthPenalty: 0, maxLength: 6 };
    const { tokens, scores, words, dispose } = await writeJudgedReports(model, tinyBatch().study, generation);
    dispose();
    expect(words.map(({ length }) => length)).toEqual(tokens.map(({ length }) => length));
    tokens.forEach(({ length }, i) => {
      const sum = words[i].reduce((a, x) => a + x, 0);
      if (length === 6)
        expect(sum).toBeCloseTo(scores[i], 4); // cut: no end
      else expect(sum).toBeGreaterThan(scores[i]);
    });
    expect(tokens.some(({ length }) => length === 6)).toBe(true);
    model.dispose();
  },
);

it('leaves penalties out', async () => {
  const model = buildModel(tinyConfig().model, TINY_SIZES);
  const bias = new Float32Array(TINY_SIZES.vocabularySize);
  bias[4] = 50; // one word for ever
  model.parameters.get('decoder.output.bias')!.assign(tf.tensor1d(bias));
  const generation = {
    search: 'greedy',
    beam: 1,
    trigramPenalty: true,
    lengthPenalty: 0,
    maxLength: 5,
  } as const;
  const { tokens, scores, words, dispose } = await writeJudgedReports(model, tinyBatch().study, generation);
  dispose();
  expect(tokens[0].slice(0, 3)).toEqual([4, 4, 4]);
  expect(words[0].slice(0, 3).every((x) => x > -1e-3)).toBe(true);
  expect(scores[0]).toBeLessThan(-4);
  model.dispose();
});

it('is the same for more reports than are read at once, each alone, and leaks nothing', () => {
  const model = buildModel(tinyConfig({ findings }).model, TINY_SIZES);
  const encoded = encodeStudies(model, tinyBatch().study, INFERENCE);
  const readable = readableOf(model, encoded);
  const { memory, prefix } = readable;
  const tiled = {
    memory: { ...memory, tokens: tf.tile(memory.tokens, [6, 1, 1]) },
    prefix: tf.tile(prefix!, [6, 1, 1]),
  };
  const reports = [[3, 4], [], [5, 1, 6, 2]];
  const before = tf.memory().numTensors;
  const few = wordLogProbabilities(model, readable, reports, 6);
  const many = wordLogProbabilities(model, tiled, Array(6).fill(reports).flat(), 6);
  expect(tf.memory().numTensors).toBe(before);
  expect(many).toHaveLength(18);
  many.forEach((row, i) => {
    expect(row.length).toBe(reports[i % 3].length);
    row.forEach((x, k) => {
      expect(x).toBeCloseTo(few[i % 3][k], 5);
    });
  });
  disposeReadable(readable);
  encoded.dispose();
  model.dispose();
});
