import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { REGIONS } from '@raca/core';
import { buildVocabulary, cleanReport, Tokenizer } from '@raca/data';
import { type Dataset, makePhantom, openDataset } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../modules';
import { tinyConfig } from '../../tiny';
import type { LoadedRun } from '../load-run';
import { modelContext } from '../vocabularies';
import { measureTruth } from './measure-truth';
import { truthTables } from './tables';

let dir: string;
let dataset: Dataset;

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
  dir = mkdtempSync(join(tmpdir(), 'raca-truth-'));
  const out = join(dir, 'phantom');
  await makePhantom({ out, seed: 3, size: 16, rows: 2, cols: 2, train: 0, val: 0, test: 8, workers: 1 });
  dataset = openDataset(out);
});
afterAll(() => rmSync(dir, { recursive: true }));

function loaded(model: object = {}): LoadedRun {
  const config = tinyConfig({ maxLength: 40, ...model });
  const texts = dataset.annotation.test.map(({ report }) => cleanReport(report, 'iu_xray'));
  const tokenizer = new Tokenizer(buildVocabulary(texts, { threshold: 1 }));
  return {
    run: undefined as never,
    config,
    tokenizer,
    contextTokenizer: null,
    model: buildModel(config.model, modelContext(tokenizer, 1)),
  };
}

describe('measureTruth', () => {
  it('measures masks, sentences and erased regions, and keeps no tensor', async () => {
    const run = loaded();
    const perfect = dataset.annotation.test.map(({ id }) =>
      REGIONS.flatMap((name) =>
        dataset.regions!.studies[id].flatMap((view) => view[name]!.map((share) => (share >= 1 / 3 ? 1 : 0))),
      ),
    );
    const before = tf.memory().numTensors;
    const scores = (await measureTruth(run, dataset, 'test', (i) => perfect[i]))!;
    expect(tf.memory().numTensors).toBe(before);
    expect(scores.phantom).toBe(true);
    const ious = Object.fromEntries(scores.overlap.map(({ system, mean }) => [system, mean.iou]));
    expect(ious.model).toBe(1);
    expect(ious['best rectangle (oracle)']).toBeGreaterThan(ious['all patches']);
    const regions = dataset.annotation.test.flatMap(({ sentence_regions: s }) => Object.values(s ?? {}));
    expect(scores.retrieval!.untrained.sentences).toBe(
      regions.filter(({ length }) => length > 0 && length < 12).length,
    );
    expect(scores.retrieval!.model!.mrr).toBeGreaterThan(1 / 12);
    expect(scores.erasure!.findings).toBeGreaterThan(4);
    expect(Number.isFinite(scores.erasure!.ownChange)).toBe(true);
    const pointing = scores.pointing!;
    expect(pointing.findings).toBeGreaterThanOrEqual(scores.erasure!.findings);
    expect(pointing.chance).toBeGreaterThan(0);
    expect(pointing.chance).toBeLessThan(1);
    // before training attention is almost even
    expect(Math.abs(pointing.mass - pointing.chance)).toBeLessThan(0.1);
    expect(Object.keys(pointing.classes)).toContain('Edema');
    const tables = truthTables(scores);
    expect(tables.map(({ title }) => title.includes('test bed'))).toEqual([true, true, true, true]);
    expect(tables[0].rows[0].scores.model).toBe(1);
    run.model.dispose();
  });

  it('says what an alignment finds that never learned, for a model without one too', async () => {
    const run = loaded({ alignment: null });
    const none = () => new Uint8Array(REGIONS.length * 8);
    const { retrieval } = (await measureTruth(run, dataset, 'test', none))!;
    expect(retrieval!.model).toBeNull();
    expect(retrieval!.untrained.top1).toBeLessThan(0.5);
    expect(retrieval!.untrained.sentences).toBeGreaterThan(10);
    run.model.dispose();
  });

  it('leaves out what a model has not, and data without truth or on another grid', async () => {
    const run = loaded({ alignment: null, agent: null });
    const none = () => new Uint8Array(REGIONS.length * 8);
    const scores = (await measureTruth(run, dataset, 'test', none))!;
    expect(scores.retrieval).toBeNull();
    expect(scores.overlap[0].mean.iou).toBe(0);
    expect(await measureTruth(run, { ...dataset, regions: undefined }, 'test', none)).toBeNull();
    const finer = { ...dataset.regions!, rows: 4 };
    expect(await measureTruth(run, { ...dataset, regions: finer }, 'test', none)).toBeNull();
    run.model.dispose();
  });
});
