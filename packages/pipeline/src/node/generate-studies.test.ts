import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { Tokenizer } from '@raca/data';
import { encodePng, type StudyImages } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildModel } from '../modules';
import { TINY_SIZES, TINY_WORDS, tinyConfig } from '../tiny';
import { generateFromFiles } from './generate-files';
import { type GenerateStudiesOptions, generateStudies, type StudyReport } from './generate-studies';
import type { LoadedRun } from './load-run';
import { RunFolder } from './run-folder';

const dir = mkdtempSync(join(tmpdir(), 'raca-studies-'));
const config = tinyConfig();
let loaded: LoadedRun;
let studies: StudyImages[];

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
  const model = buildModel(config.model, TINY_SIZES);
  loaded = {
    run: new RunFolder(dir),
    config,
    tokenizer: new Tokenizer(TINY_WORDS),
    contextTokenizer: null,
    model,
  };
  studies = [];
  for (let i = 0; i < 7; i++) {
    const data = Uint8Array.from({ length: 90 * 70 }, (_, k) => (k * (i + 3) + (k >> (i % 5))) % 256);
    const file = join(dir, `${i}.png`);
    writeFileSync(file, await encodePng({ width: 90, height: 70, channels: 1, data }));
    studies.push({ id: `s${i}`, images: i % 2 ? [file, file] : [file] });
  }
});
afterAll(() => {
  loaded.model.dispose();
  rmSync(dir, { recursive: true, force: true });
});

async function all(list: readonly StudyImages[], options?: GenerateStudiesOptions) {
  const out = [];
  for await (const made of generateStudies(loaded, list, options)) out.push(made);
  return out;
}
const reportOf = (made: { id: string }) => {
  const { id, report, score, masks, probabilities } = made as StudyReport;
  return { id, report, score, masks: [...masks], probabilities: [...probabilities] };
};

it('writes what one by one gives, in order, and frees its tensors', async () => {
  const before = tf.memory().numTensors;
  const together = await all(studies, { batchSize: 3, pictures: 45 });
  expect(tf.memory().numTensors).toBe(before);
  expect(together.map(({ id }) => id)).toEqual(studies.map(({ id }) => id));
  for (const [i, made] of (together as StudyReport[]).entries()) {
    const alone = await generateFromFiles(loaded, studies[i].images);
    expect([made.report, ...made.masks]).toEqual([alone.report, ...alone.masks]);
    expect(made.score).toBeCloseTo(alone.score, 4);
    expect(made.warnings).toEqual(alone.warnings);
    const { picture, ...image } = made.images[0];
    expect(image).toEqual({ file: studies[i].images[0], format: 'PNG', width: 90, height: 70 });
    expect([picture?.width, picture?.height]).toEqual([45, 35]);
  }
});

it('gives probabilities whose masks begin at 0.5, and a log-probability', async () => {
  const [made] = (await all(studies.slice(0, 1))) as StudyReport[];
  expect([...made.probabilities].map((p) => (p >= 0.5 ? 1 : 0))).toEqual([...made.masks]);
  expect(made.score).toBeLessThan(0);
  expect(made.images[0].picture).toBeUndefined();
});

it('tells of a study that cannot be read and goes on', async () => {
  const missing = join(dir, 'none.png');
  const list = [studies[0], { id: 'bad', images: [studies[0].images[0], missing] }, studies[1], studies[2]];
  const made = await all(list, { batchSize: 2 });
  expect(made.map(({ id }) => id)).toEqual(['s0', 'bad', 's1', 's2']);
  expect(made[1]).toEqual({
    id: 'bad',
    files: list[1].images,
    error: expect.stringMatching(/none\.png: expected a readable image .*found: nothing/),
  });
  expect(await all([list[1]])).toHaveLength(1);
});

it('uses the first images where there are more than views, and says so', async () => {
  const [{ images }] = studies;
  const [made] = (await all([{ id: 'many', images: [images[0], images[0], images[0]] }])) as StudyReport[];
  expect(made.images).toHaveLength(2);
  expect(made.warnings).toEqual(['3 images for a model of 2 views: only the first 2 are used']);
});

it('writes the same, bit by bit, where it goes on after a break', async () => {
  const whole = (await all(studies, { batchSize: 4 })).map(reportOf);
  const done = new Set(['s0', 's1', 's4']);
  const rest = await all(studies, { batchSize: 4, isDone: (id) => done.has(id) });
  expect(rest.map(reportOf)).toEqual(whole.filter(({ id }) => !done.has(id)));
  expect(await all(studies, { isDone: () => true })).toEqual([]);
});

it('stops between batches', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const run = async () => {
    for await (const { id } of generateStudies(loaded, studies, { batchSize: 2, signal: stop.signal })) {
      seen.push(id);
      if (seen.length === 2) stop.abort();
    }
  };
  await expect(run()).rejects.toThrow(/abort/i);
  expect(seen).toEqual(['s0', 's1']);
});

it('refuses a size of batches that is none', async () => {
  await expect(all(studies, { batchSize: 0 })).rejects.toThrow(
    'batchSize must be a whole number of at least 1',
  );
});
