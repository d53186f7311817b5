import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePhantom } from '@raca/data/node';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-train-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(() => smallPhantom(at('phantom')));

const train = (data: string, out: string, ...more: string[]) =>
  runCommand('train', '--data', at(data), '--out', at(out), '--backend', 'wasm', ...more);

describe('raca train without --config', () => {
  // the preset's images and model are large for a test: few studies
  beforeAll(() =>
    makePhantom({
      out: at('few'),
      train: 4,
      val: 2,
      test: 0,
      size: 32,
      seed: 7,
      rows: 7,
      cols: 7,
      workers: 1,
    }),
  );

  it('takes the small preset for the phantom and says so', async () => {
    const { code, errors } = await train('few', 'small', '--epochs', '1');
    expect([code, errors[0]]).toEqual([0, 'config: small, made for the phantom']);
    expect(new RunFolder(at('small')).readConfig().training.selection).toBe('findingsAndBleu4');
  });

  it('takes a config for real reports otherwise, says why', async () => {
    cpSync(at('few'), at('own'), { recursive: true });
    rmSync(join(at('own'), 'manifest.json'));
    const { code, errors } = await train('own', 'auto', '--epochs', '2');
    expect(code, errors.join('\n')).toBe(0);
    expect(errors[0]).toMatch(/^config: chosen for 4 training studies with real reports: .* tokens .*words/);
    expect(errors[1]).toMatch(/^config: 2 epochs of batches of 8, dropout 0\.1; .*best by findingsAndBleu4/);
    expect(errors[2]).toMatch(
      /^epoch 1: eyes only, validation loss .*, micro-F1 of the finding head .*, macro-F1/,
    );
    expect(errors[3]).toMatch(
      /^epoch 2: validation loss .*, macro-F1 of findings .*, \d different texts for 2 studies/,
    );
    const { training } = new RunFolder(at('auto')).readConfig();
    expect(training).toMatchObject({ epochs: 2, selection: 'findingsAndBleu4' });
    const lines = new RunFolder(at('auto')).readMetrics();
    expect(lines.filter(({ kind }) => kind === 'val').map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect((await train('own', 'auto', '--resume')).code).toBe(0); // its own config, chosen once
  });
});

it('warns of a model that writes one report for all studies', async () => {
  // every word is rare, so nothing can be written
  const config = jsonFile(at('mute.json'), smallRunConfig({ epochs: 2, wordThreshold: 1000 }));
  const { code, errors } = await train('phantom', 'mute', '--config', config);
  expect(code).toBe(0);
  const said = /^warning: the model writes the same report for all 6 (validation|test) studies: /;
  expect(errors.at(-1)).toMatch(said);
  // all epochs score alike: the lower loss decides, not the first epoch
  const [first, second] = new RunFolder(at('mute')).readMetrics().filter(({ kind }) => kind === 'val');
  expect(second.bleu4).toBe(first.bleu4);
  expect(Number(second.loss)).toBeLessThan(Number(first.loss));
  expect(JSON.parse(readFileSync(join(at('mute'), 'state.json'), 'utf8')).best.epoch).toBe(2);
  const evaluated = await runCommand('evaluate', '--run', at('mute'), '--data', at('phantom'));
  expect(evaluated.errors.at(-1)).toMatch(said);
  const [{ generated }] = [
    ...readFileSync(join(at('mute'), 'reports.csv'), 'utf8').matchAll(
      /^[^,]+,2,[^,]*,(?<generated>[^,]*),/gm,
    ),
  ].map(({ groups }) => groups!);
  expect(generated).toBe('');
});

describe('a run without weights yet', () => {
  beforeAll(async () => {
    const config = jsonFile(at('config.json'), smallRunConfig({ epochs: 1 }));
    expect((await train('phantom', 'whole', '--config', config)).code).toBe(0);
    cpSync(at('whole'), at('early'), { recursive: true });
    for (const name of ['weights', 'optimizer']) rmSync(join(at('early'), `${name}.safetensors`));
    rmSync(join(at('early'), 'state.json'));
  });

  it.each([
    ['evaluate', () => ['evaluate', '--run', at('early'), '--data', at('phantom')]],
    [
      'generate',
      () => ['generate', '--run', at('early'), '--images', at('phantom/images/phantom-test-00000/0.png')],
    ],
    ['train --init', () => ['train', '--data', at('phantom'), '--out', at('new'), '--init', at('early')]],
    [
      'train --pretrained',
      () => ['train', '--data', at('phantom'), '--out', at('new'), '--pretrained', at('early')],
    ],
  ])('is told by %s in one line, with the way out', async (_, argv) => {
    const { code, errors } = await runCommand(...argv());
    expect([code, errors.length]).toEqual([1, 1]);
    expect(errors[0]).toMatch(/early.weights\.safetensors: the run has no weights yet: /);
    expect(errors[0]).toContain(`raca train --data DIR --out ${at('early')} --resume`);
    expect(existsSync(at('new'))).toBe(false);
  });
});

describe('a folder whose run ended before its first resume point', () => {
  const config = jsonFile(at('short.json'), smallRunConfig({ epochs: 1 }));
  const start = (out: string) => train('phantom', out, '--config', config);
  const weights = (out: string) => readFileSync(join(at(out), 'weights.safetensors'));

  it('is begun anew by the same command, with the weights of a run in a new folder', async () => {
    expect((await start('complete')).code).toBe(0);
    for (const name of ['config.json', 'vocab.json', 'run.json', 'metrics.jsonl'])
      cpSync(join(at('complete'), name), join(at('cut'), name));
    const { code, errors } = await start('cut');
    expect(errors).toContain(
      `warning: ${at('cut')}: holds a run that ended before its first resume point; it starts anew`,
    );
    expect(code).toBe(0);
    expect(weights('cut').equals(weights('complete'))).toBe(true);
    expect(new RunFolder(at('cut')).readMetrics()).toEqual(new RunFolder(at('complete')).readMetrics());
  });

  it.each([
    ['a config alone, which may be the user’s', ['config.json']],
    ['weights', ['config.json', 'vocab.json', 'run.json', 'weights.safetensors']],
    ['a resume point', ['config.json', 'vocab.json', 'run.json', 'optimizer.safetensors']],
  ])('is another than one with %s', async (what, names) => {
    const out = what.replace(/\W+/g, '-');
    for (const name of names) cpSync(join(at('complete'), name), join(at(out), name));
    const { code, errors } = await start(out);
    expect(errors.at(-1)).toMatch(
      /: holds a run already; go on with it by --resume, or name another folder$/,
    );
    expect(code).toBe(1);
  });
});
