import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors, toFloat32 } from '@raca/core';
import { ImageCache, openDataset } from '@raca/data/node';
import { thresholdsFor } from '@raca/findings';
import { CHEXPERT_14, labelReport } from '@raca/metrics';
import { parseRunConfig } from '@raca/pipeline';
import { findingScores, loadRun, makeLoaders, RunFolder, train as trainHere } from '@raca/pipeline/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-findings-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const head = { weights: 'balanced', adjustment: 'adaptive', states: 'thresholds' };
const small = smallRunConfig({ epochs: 2 });
const config = { ...small, model: { ...small.model, findings: { use: 'finding-head', config: head } } };

const train = (out: string, ...more: string[]) =>
  runCommand('train', '--data', at('phantom'), '--out', at(out), '--backend', 'wasm', ...more);
const facts = (out: string) => JSON.parse(readFileSync(join(at(out), 'run.json'), 'utf8'));
const fileOf = (out: string, name = 'weights') =>
  parseSafetensors(readFileSync(join(at(out), `${name}.safetensors`)));
const weight = (out: string, name: string) => toFloat32(fileOf(out).tensors.get(`findings.${name}`)!);

beforeAll(async () => {
  await smallPhantom(at('phantom'));
  jsonFile(at('config.json'), config);
  const { code, errors } = await train('run', '--config', at('config.json'));
  expect(code, errors.join('\n')).toBe(0);
});

describe('training with a finding head', () => {
  it('counts frequencies in the training reports and keeps them with the run', () => {
    const { frequencies } = new RunFolder(at('run')).readConfig().model.findings!.config as {
      frequencies: Record<string, number>;
    };
    // counted here by hand: reports in which a class is positive, between 1/2n and 1 − 1/2n
    const { train: studies } = openDataset(at('phantom')).annotation;
    expect(studies).toHaveLength(24);
    for (const name of CHEXPERT_14) {
      const positive = studies.filter(({ report }) => labelReport(report)[name] === 1).length;
      expect(frequencies[name], name).toBeCloseTo(Math.min(Math.max(positive, 0.5), 23.5) / 24, 12);
    }
    expect(Object.keys(frequencies)).toHaveLength(14);
    expect(new Set(Object.values(frequencies)).size).toBeGreaterThan(3);
  });

  it('stores thresholds that are those of the validation studies', async () => {
    const loaded = loadRun(at('run'));
    const { config, model, tokenizer } = loaded;
    const loaders = makeLoaders(openDataset(at('phantom')), loaded, new ImageCache({ maxBytes: 0 }));
    const reading = { features: null, tokenizer, config };
    const { probabilities, labels } = (await findingScores(model, loaders.evaluation, reading))!;
    await Promise.all([loaders.train.close(), loaders.evaluation.close()]);
    expect(probabilities).toHaveLength(6 * 14 * 4);
    for (let i = 0; i < 6 * 14; i++)
      expect(probabilities.slice(4 * i, 4 * i + 4).reduce((a, x) => a + x)).toBeCloseTo(1, 5);
    const expected = thresholdsFor(probabilities, labels);
    const stored = weight('run', 'thresholds');
    expect([...stored].some((x) => x !== 0.5)).toBe(true);
    stored.forEach((x, c) => {
      expect(x, CHEXPERT_14[c]).toBeCloseTo(expected[c], 4);
    });
    const { findings } = loaded.calibration!;
    CHEXPERT_14.forEach((name, c) => {
      expect(findings![name].threshold).toBeCloseTo(expected[c], 4);
      expect(findings![name].slope).toBeGreaterThanOrEqual(0);
    });
    model.dispose();
  });

  it('says that validation feeds training', () => {
    expect(facts('run').validationFeeds).toEqual(['findings.prior']);
    const { frequencies } = new RunFolder(at('run')).readConfig().model.findings!.config as {
      frequencies: Record<string, number>;
    };
    const largest = Math.max(...Object.values(frequencies));
    const first = CHEXPERT_14.map((name) => frequencies[name] / largest);
    const prior = [...weight('run', 'prior')];
    expect(Math.max(...prior)).toBe(1);
    expect(prior.some((x, c) => Math.abs(x - first[c]) > 1e-3)).toBe(true);
  });

  it('ends with the same weights when it is broken off in an epoch and goes on', async () => {
    const stop = new AbortController();
    const { interrupted } = await trainHere({
      dataset: openDataset(at('phantom')),
      out: at('broken'),
      config: parseRunConfig(config),
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'step' && event.step === 8) stop.abort(); // 6 steps an epoch
      },
    });
    expect(interrupted).toBe(true);
    const { code, errors } = await train('broken', '--config', at('config.json'), '--resume');
    expect(code, errors.join('\n')).toBe(0);
    const [whole, resumed] = ['run', 'broken'].map((out) => fileOf(out, 'optimizer').tensors);
    expect([...resumed.keys()]).toEqual([...whole.keys()]);
    for (const [name, tensor] of whole)
      expect(toFloat32(resumed.get(name)!), name).toEqual(toFloat32(tensor));
    expect(fileOf('broken').metadata).toEqual(fileOf('run').metadata);
  });
});

describe('--studies', () => {
  it('trains on some, says so in run.json, and resumes with the same number only', async () => {
    const short = jsonFile(at('short.json'), smallRunConfig({ epochs: 1 }));
    expect((await train('some', '--config', short, '--studies', '9')).code).toBe(0);
    expect(facts('some')).toMatchObject({
      subset: { studies: 9, of: 24 },
      data: { studies: { train: 9, val: 6 } },
    });
    expect(facts('run').subset).toBeUndefined();
    // 3 steps of 4, 4 and 1
    expect(JSON.parse(readFileSync(join(at('some'), 'state.json'), 'utf8')).step).toBe(3);
    cpSync(at('some'), at('other'), { recursive: true });
    const other = await train('other', '--resume', '--studies', '10');
    expect(other.code).toBe(1);
    expect(other.errors).toEqual([
      `raca: ${join(at('other'), 'run.json')}: the run was started on 9 training studies, found 10 asked for; resume without a number`,
    ]);
    const on = await train('some', '--resume', '--epochs', '2');
    expect(on.code, on.errors.join('\n')).toBe(0);
    expect(JSON.parse(readFileSync(join(at('some'), 'state.json'), 'utf8')).step).toBe(6);
    const all = await train('run', '--resume', '--studies', '9');
    expect(all.errors[0]).toContain('the run was started on all training studies, found 9 asked for');
    const many = await train('many', '--config', short, '--studies', '25');
    expect(many.errors).toEqual([
      `raca: ${join(at('phantom'), 'annotation.json')}: train: expected at least 25 studies, found 24`,
    ]);
  });
});
