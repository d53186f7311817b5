import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, Random, targetsOf } from '@raca/core';
import { gradientError, largestError, leakedTensors } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config';
import { writeReports } from './generate';
import { type Raca, withoutLast } from './model';
import { buildModel } from './modules';
import { only, TINY_SIZES, tinyBatch, tinyConfig } from './tiny';

const build = (model: Partial<ModelConfig> = {}): Raca => buildModel(tinyConfig(model).model, TINY_SIZES);

/** Evaluated, masks of the agent found once: they jump when weights move. */
const lossOf = (model: Raca) => {
  const batch = tinyBatch();
  return (): tf.Scalar => model.losses(batch, EVALUATION).total;
};

describe('teacher forcing', () => {
  // begin, two words, end, padding; and a report cut before its end mark
  const tokens = { ids: Int32Array.of(0, 5, 6, 0, 0, 0, 7, 8, 9, 4), shape: [2, 5] as [number, number] };

  it('reads all tokens but the last of each row', () => {
    expect(withoutLast(tokens)).toEqual({ ids: Int32Array.of(0, 5, 6, 0, 0, 7, 8, 9), shape: [2, 4] });
  });

  it('asks for the next token, the end included, and not for padding', () => {
    const { targets, counted } = targetsOf(tokens);
    expect([...targets]).toEqual([5, 6, 0, 0, 7, 8, 9, 4]);
    expect([...counted]).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
  });
});

describe('Raca', () => {
  it('has finite losses of every slot, whose sum is the total', () => {
    const model = build();
    const { total, parts, predicted } = model.losses(tinyBatch(), EVALUATION);
    expect(Object.keys(parts)).toEqual(['tokens', 'global', 'local', 'matching']);
    const values = Object.values(parts).map((x) => x.dataSync()[0]);
    for (const x of values) expect(x).toBeGreaterThan(0);
    expect(total.dataSync()[0]).toBeCloseTo(
      values.reduce((a, x) => a + x),
      4,
    );
    expect(predicted.shape).toEqual([3, 8]);
  });

  it('weighs the losses of the alignment', () => {
    const model = build();
    const { total, parts } = model.losses(tinyBatch(), EVALUATION, { global: 0, local: 2 });
    const [tokens, , local, matching] = Object.values(parts).map((x) => x.dataSync()[0]);
    expect(total.dataSync()[0]).toBeCloseTo(tokens + 2 * local + matching, 4); // 1 where no weight is given
  });

  it('counts each word of the report once: its cross-entropy is that of the logits', () => {
    const model = build({ alignment: null });
    const batch = tinyBatch();
    const { parts } = model.losses(batch, EVALUATION);
    const encoded = model.encode(batch.study, EVALUATION);
    const logits = model.logitsOf(encoded, model.locate(encoded), batch.tokens, EVALUATION);
    const log = tf.logSoftmax(logits).arraySync() as number[][][];
    // the words and end marks of tinyBatch, read off by eye
    const said = [
      [6, 4, 1, 5, 3, 1, 0],
      [5, 3, 3, 3, 1, 6, 4, 4],
      [6, 4, 1, 0],
    ];
    const terms = said.flatMap((ids, i) => ids.map((id, t) => -log[i][t][id]));
    expect(terms).toHaveLength(19);
    expect(parts.tokens.dataSync()[0]).toBeCloseTo(terms.reduce((a, b) => a + b) / 19, 5);
  });

  // The median of five models: with some thousand ReLUs a step of float32's size meets kinks now and then.
  it.each([
    ['without agent and alignment', { agent: null, alignment: null }],
    ['with the prior', { agent: { use: 'prior', config: {} }, alignment: null }],
    ['with prior and alignment', { agent: { use: 'prior', config: {} } }],
  ])('has the gradient of central differences, %s', (_, parts) => {
    const errors = [1, 2, 3, 4, 5].map((seed) => {
      const model = buildModel(tinyConfig(parts).model, { ...TINY_SIZES, seed });
      return gradientError(lossOf(model), model.trained, new Random(seed));
    });
    const [, , median] = errors.sort((x, y) => x - y);
    expect(median).toBeLessThan(5e-2);
  });

  it('reaches every weight it trains', () => {
    const model = build({ agent: null });
    const { grads } = tf.variableGrads(lossOf(model));
    const untouched = [...model.trained]
      .filter(([, v]) => !grads[v.name] || grads[v.name].dataSync().every((x) => x === 0))
      .map(([name]) => name);
    // both views and all places are used; a key's bias shifts all scores of a row alike, so softmax drops it
    expect(untouched.filter((name) => !/key\.bias$/.test(name))).toEqual([]);
  });

  it('leaves the weights of an agent that learns by itself to it', () => {
    const names = [...build().trained.keys()];
    expect(names.some((name) => name.startsWith('agent.'))).toBe(false);
    expect(names.some((name) => name.startsWith('fusion.'))).toBe(true);
  });

  it('gives a study the logits it has alone', () => {
    const model = build();
    const batch = tinyBatch();
    const logits = (b: typeof batch): tf.Tensor3D => {
      const encoded = model.encode(b.study, EVALUATION);
      return model.logitsOf(encoded, model.locate(encoded), b.tokens, EVALUATION);
    };
    const together = logits(batch);
    for (let i = 0; i < 3; i++) {
      const alone = logits(only(batch, i)).dataSync();
      const row = tf.slice(together, [i, 0, 0], [1, -1, -1]).dataSync();
      expect(largestError(row, alone)).toBeLessThan(1e-5);
    }
  });

  it.each(['beam', 'greedy'] as const)('writes for a study what it writes alone, %s', async (search) => {
    const model = build();
    const batch = tinyBatch();
    const options = { search, beam: 3, trigramPenalty: false, lengthPenalty: 0, maxLength: 9 };
    const together = await writeReports(model, batch.study, options);
    for (let i = 0; i < 3; i++) {
      const alone = await writeReports(model, only(batch, i).study, options);
      expect(alone.tokens[0]).toEqual(together.tokens[i]);
      expect(alone.scores[0]).toBeCloseTo(together.scores[i], 4);
    }
  });

  it('leaves no tensor: losses, 20 reports, its own weights', async () => {
    const before = tf.memory().numTensors;
    const model = build();
    const batch = tinyBatch();
    expect(leakedTensors(() => tf.tidy(() => model.losses(batch, EVALUATION).total))).toBe(0);
    const ready = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) {
      const search = i % 2 ? 'beam' : 'greedy';
      const options = {
        search,
        beam: 2,
        trigramPenalty: i % 3 === 0,
        lengthPenalty: 0,
        maxLength: 9,
      } as const;
      const written = await writeReports(model, batch.study, options);
      written.dispose();
    }
    expect(tf.memory().numTensors).toBe(ready);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before + 1); // the batch
  });

  it('leaves no tensor when writing fails', async () => {
    const model = build();
    const { study } = tinyBatch();
    const before = tf.memory().numTensors;
    const options = {
      search: 'beam',
      beam: 2,
      trigramPenalty: false,
      lengthPenalty: 0,
      maxLength: 100,
    } as const;
    await expect(writeReports(model, study, options)).rejects.toThrow('at most 9 tokens');
    expect(tf.memory().numTensors).toBe(before);
  });
});
