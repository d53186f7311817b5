import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { Tokenizer } from '@raca/data';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildModel } from '../modules';
import { TINY_SIZES, TINY_WORDS, tinyBatch, tinyConfig } from '../tiny';
import { Trainer } from '../trainer';
import { RunFolder, type TrainingState } from './run-folder';

const root = mkdtempSync(join(tmpdir(), 'raca-run-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(() => useBackend({ prefer: ['wasm'] }));

const tokenizer = new Tokenizer(TINY_WORDS);
const state: TrainingState = {
  epoch: 1,
  cursor: 3,
  step: 2,
  seed: 42,
  finished: false,
  best: { epoch: 1, score: 0.25, loss: 3.5 },
};

const trainerOf = (model: Parameters<typeof tinyConfig>[0] = {}): Trainer => {
  const config = tinyConfig(model);
  return new Trainer(buildModel(config.model, TINY_SIZES), config.training, (ids) => tokenizer.decode(ids));
};
const weights = ({ model }: Trainer) =>
  new Map([...model.parameters].map(([name, v]) => [name, [...v.dataSync()]]));

let run: RunFolder;
let folders = 0;
beforeEach(() => {
  run = new RunFolder(join(root, `${folders++}`));
  run.prepare();
});

describe('resume point', () => {
  it('brings back weights, moments, step and state', () => {
    const batch = tinyBatch();
    const whole = trainerOf();
    for (let i = 0; i < 2; i++) whole.trainStep(batch, 1);
    run.writeResumePoint(whole, state, tokenizer);
    const resumed = trainerOf();
    expect(run.readResumePoint(resumed, tokenizer)).toEqual(state);
    expect(resumed.step).toBe(2);
    expect(weights(resumed)).toEqual(weights(whole));
    for (const trainer of [whole, resumed]) trainer.trainStep(batch, 1);
    expect(weights(resumed)).toEqual(weights(whole));
    expect(readdirSync(run.dir).sort()).toEqual(['.lock', 'optimizer.safetensors', 'state.json']);
  });

  it('is refused where it is that of another seed or training config', () => {
    run.writeResumePoint(trainerOf(), state, tokenizer);
    const other = (training: object): Trainer => {
      const config = tinyConfig();
      return new Trainer(buildModel(config.model, TINY_SIZES), { ...config.training, ...training }, () => '');
    };
    for (const training of [{ seed: 43 }, { batchSize: 7 }, { clipValue: 0.2 }]) {
      const trainer = other(training);
      const before = weights(trainer);
      expect(() => run.readResumePoint(trainer, tokenizer)).toThrow(
        /optimizer\.safetensors: expected the resume point of this run, found one of another seed or training config$/,
      );
      expect(weights(trainer)).toEqual(before);
    }
    expect(run.readResumePoint(other({ epochs: 99 }), tokenizer)).toEqual(state);
  });

  it('reads a state of earlier versions: best epochs from 0, no loss', () => {
    const earlier = { ...state, best: { epoch: 0, score: 0.25 } } as unknown as TrainingState;
    run.writeResumePoint(trainerOf(), earlier, tokenizer);
    const best = { epoch: 1, score: 0.25, loss: null };
    expect(run.readResumePoint(trainerOf(), tokenizer)).toEqual({ ...state, best });
  });

  it('is null where there is none', () => {
    expect(run.readResumePoint(trainerOf(), tokenizer)).toBeNull();
  });

  it('refuses a file cut anywhere, and changes no weight', () => {
    run.writeResumePoint(trainerOf(), state, tokenizer);
    const path = run.path('optimizer.safetensors');
    const whole = readFileSync(path);
    const trainer = trainerOf();
    const before = weights(trainer);
    for (let part = 0; part < 10; part++) {
      writeFileSync(path, whole.subarray(0, Math.floor((whole.length * part) / 10)));
      const read = () => run.readResumePoint(trainer, tokenizer);
      expect(read, `${part * 10} %`).toThrow(path);
      expect(read).not.toThrow(/\n/);
      expect(weights(trainer)).toEqual(before);
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]));
    expect(() => run.readResumePoint(trainer, tokenizer)).toThrow(/tensors cover/);
  });

  it('refuses the file of another model and of another vocabulary', () => {
    run.writeResumePoint(trainerOf(), state, tokenizer);
    expect(() => run.readResumePoint(trainerOf({ fusion: null }), tokenizer)).toThrow(
      /optimizer\.safetensors: the model has no weight fusion\./,
    );
    const turned = new Tokenizer([...TINY_WORDS].reverse());
    expect(() => run.readResumePoint(trainerOf(), turned)).toThrow(
      /vocab\.json: expected the vocabulary that .*optimizer\.safetensors was trained with, found another/,
    );
  });

  it('refuses weights in its place', () => {
    run.writeWeights(trainerOf().model, tokenizer);
    writeFileSync(run.path('optimizer.safetensors'), readFileSync(run.path('weights.safetensors')));
    expect(() => run.readResumePoint(trainerOf(), tokenizer)).toThrow(
      /optimizer\.safetensors: expected a training state in the metadata/,
    );
  });
});

describe('weights', () => {
  it('come back bit by bit', () => {
    const trained = trainerOf();
    trained.trainStep(tinyBatch(), 0);
    run.writeWeights(trained.model, tokenizer);
    const fresh = trainerOf();
    expect(weights(fresh)).not.toEqual(weights(trained));
    run.readWeights(fresh.model, tokenizer);
    expect(weights(fresh)).toEqual(weights(trained));
  });

  it('refuse a file cut anywhere, another size, another vocabulary', () => {
    run.writeWeights(trainerOf().model, tokenizer);
    const path = run.path('weights.safetensors');
    const { model } = trainerOf({ fusion: { use: 'bca', config: { attentionWidth: 5 } } });
    expect(() => run.readWeights(model, tokenizer)).toThrow(
      `${path}: weight fusion.query.weight must have shape [8,5], found [8,3]`,
    );
    const turned = new Tokenizer([...TINY_WORDS].reverse());
    expect(() => run.readWeights(trainerOf().model, turned)).toThrow(/vocab\.json: expected the vocabulary/);
    const whole = readFileSync(path);
    for (let part = 0; part < 10; part++) {
      writeFileSync(path, whole.subarray(0, Math.floor((whole.length * part) / 10)));
      expect(() => run.readWeights(trainerOf().model, tokenizer), `${part * 10} %`).toThrow(path);
    }
  });
});

describe('a run without weights', () => {
  const missing = () => run.readWeights(trainerOf().model, tokenizer);

  it('says when there will be some, and how to go on', () => {
    run.writeStart(tinyConfig(), tokenizer, {});
    expect(missing).toThrow(/weights\.safetensors: the run has no weights yet: .*first epoch\. Wait for it/);
    expect(missing).toThrow(`raca train --data DIR --out ${run.dir} --resume`);
    run.writeResumePoint(trainerOf(), { ...state, epoch: 0, step: 7, best: null }, tokenizer);
    expect(missing).toThrow(/first epoch \(it can go on from step 7\)/);
  });

  it('says so where they were taken away', () => {
    run.writeStart(tinyConfig(), tokenizer, {});
    run.writeResumePoint(trainerOf(), { ...state, epoch: 3 }, tokenizer);
    expect(missing).toThrow(/expected the weights of a run that has done 3 epochs, found nothing/);
  });

  it('is no run where there is no config', () => {
    expect(missing).toThrow(/config\.json: expected a file of a run, found nothing/);
  });
});

describe('metrics', () => {
  const line = (step: number, epoch: number, kind: 'train' | 'val' = 'train') => ({
    step,
    epoch,
    kind,
    loss: 1,
  });

  it('drops what comes after the resume point and a line that was cut off', () => {
    const lines = [line(1, 1), line(2, 1), line(2, 1, 'val'), line(3, 2), line(3, 2, 'val')];
    for (const l of lines) run.appendMetrics(l);
    writeFileSync(run.path('metrics.jsonl'), '{"step":4,"ep', { flag: 'a' });
    expect(run.readMetrics()).toEqual(lines);
    run.cutMetrics(state);
    expect(readFileSync(run.path('metrics.jsonl'), 'utf8')).toBe(
      lines
        .slice(0, 3)
        .map((l) => `${JSON.stringify(l)}\n`)
        .join(''),
    );
  });

  it('reads files of earlier versions, which counted epochs from 0, and goes on with them', () => {
    // a run that starts from weights of another notes their validation first
    const start = [line(0, -1, 'val')];
    for (const [before, first] of [
      [[], 1],
      [start, 0],
    ] as const) {
      run.writeStart(tinyConfig(), tokenizer, {});
      for (const l of [...before, line(1, 0), line(2, 0, 'val'), line(3, 1)]) run.appendMetrics(l);
      expect(run.readMetrics().map(({ epoch }) => epoch)).toEqual(first === 1 ? [1, 1, 2] : [0, 1, 1, 2]);
      run.cutMetrics(state);
      run.appendMetrics(line(3, 2));
      expect(run.readMetrics().map(({ epoch }) => epoch)).toEqual(first === 1 ? [1, 1, 2] : [0, 1, 1, 2]);
    }
    run.writeStart(tinyConfig(), tokenizer, {});
    for (const l of [line(0, 0, 'val'), line(1, 1)]) run.appendMetrics(l); // the present way
    expect(run.readMetrics().map(({ epoch }) => epoch)).toEqual([0, 1]);
  });

  it('begins anew with the run', () => {
    run.appendMetrics(line(1, 1));
    run.writeStart(tinyConfig(), tokenizer, {});
    expect(run.readMetrics()).toEqual([]);
    expect(run.readConfig()).toEqual(tinyConfig());
    expect(run.readTokenizer().words).toEqual(TINY_WORDS);
  });
});

it('takes away what a killed process left, and nothing else', () => {
  writeFileSync(run.path('.optimizer.safetensors.123.tmp'), 'half');
  writeFileSync(run.path('.keep.tmp'), 'mine');
  run.prepare();
  expect(readdirSync(run.dir)).toEqual(['.keep.tmp', '.lock']);
  run.release();
  expect(readdirSync(run.dir)).toEqual(['.keep.tmp']);
});

it('is one process’s alone', () => {
  const second = new RunFolder(run.dir);
  expect(() => second.prepare()).toThrow(`found a training by process ${process.pid}`);
  run.release();
  second.prepare();
  second.release();
});

it('tells in one line what is wrong with a file', () => {
  expect(() => run.readConfig()).toThrow(
    `${run.path('config.json')}: expected a file of a run, found nothing`,
  );
  writeFileSync(run.path('config.json'), '{\n "model":\n');
  expect(() => run.readConfig()).toThrow(/config\.json: expected JSON, found /);
  expect(() => run.readConfig()).not.toThrow(/\n/);
  const file = new RunFolder(run.path('config.json'));
  expect(() => file.prepare()).toThrow(/expected a run folder, found a file/);
});
