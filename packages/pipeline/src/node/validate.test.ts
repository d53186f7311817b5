import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { EVALUATION } from '@raca/core';
import { buildVocabulary, cleanReport, readableSentences, Tokenizer } from '@raca/data';
import { type Dataset, ImageCache, makePhantom, openDataset } from '@raca/data/node';
import type { ReportPair } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeReports } from '../generate';
import { buildModel } from '../modules';
import { tinyConfig } from '../tiny';
import { withBatch } from './batches';
import { makeLoaders } from './loaders';
import { selectionScore } from './selection';
import { validate } from './validate';
import { modelContext } from './vocabularies';

let dir: string;
let dataset: Dataset;
beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
  dir = mkdtempSync(join(tmpdir(), 'raca-validate-'));
  const out = join(dir, 'phantom');
  await makePhantom({ out, seed: 3, size: 16, rows: 2, cols: 2, train: 0, val: 8, test: 0, workers: 1 });
  dataset = openDataset(out);
});
afterAll(() => rmSync(dir, { recursive: true }));

it.each([1, 4, 64])('equals losses and reports batch by batch, written %s together', async (together) => {
  const config = tinyConfig({ maxLength: 40 });
  const texts = dataset.annotation.val.map(({ report }) => cleanReport(report, 'iu_xray'));
  const tokenizer = new Tokenizer(buildVocabulary(texts, { threshold: 1 }));
  const model = buildModel(config.model, modelContext(tokenizer, 2));
  const loaders = makeLoaders(
    dataset,
    { config, tokenizer, contextTokenizer: null, model },
    new ImageCache({ maxBytes: 0 }),
  );
  try {
    let loss = 0;
    const pairs: ReportPair[] = [];
    for await (const batch of loaders.evaluation.batches('val')) {
      await withBatch(batch, { features: null, tokenizer }, async (input) => {
        const [mean] = tf.tidy(() => model.losses(input, EVALUATION).total.dataSync());
        loss += (mean * batch.ids.length) / 8;
        const options = { ...config.training.generation, search: 'greedy', maxLength: 40 } as const;
        const { tokens, dispose } = await writeReports(model, input.study, options);
        dispose();
        tokens.forEach((ids, i) => {
          const hypothesis = tokenizer.decode(ids);
          pairs.push({ id: batch.ids[i], reference: batch.references[i], hypothesis });
        });
      });
    }
    const rewarded: [string, string][] = [];
    const reward = (references: readonly string[], hypotheses: readonly string[]) =>
      hypotheses.map((hypothesis, i) => rewarded.push([hypothesis, references[i]]) / 8);
    const before = tf.memory().numTensors;
    const options = { features: null, tokenizer, config, reward, together };
    const { scores: all, sentences } = await validate(model, loaders.evaluation, options);
    const { loss: found, ...scores } = all;
    expect(tf.memory().numTensors).toBe(before);
    expect(found).toBeCloseTo(loss, 5);
    expect(rewarded).toEqual(pairs.map(({ hypothesis, reference }) => [hypothesis, reference]));
    expect(scores).toEqual({ ...selectionScore(pairs), reward: 4.5 / 8 });
    expect(sentences).toHaveLength(pairs.flatMap(({ hypothesis }) => readableSentences(hypothesis)).length);
  } finally {
    await Promise.all([loaders.evaluation.close(), loaders.train.close()]);
    model.dispose();
  }
});
