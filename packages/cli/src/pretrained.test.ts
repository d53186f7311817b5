import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors, toFloat32 } from '@raca/core';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-pretrained-'));
const [data, other] = [join(root, 'phantom'), join(root, 'other')];
const first = new RunFolder(join(root, 'first'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const train = (on: string, out: string, ...more: string[]) =>
  runCommand('train', '--data', on, '--out', join(root, out), '--backend', 'wasm', '--epochs', '1', ...more);
const still = { backbone: 0, vision: 0, text: 0, rest: 0 };
const { model, training } = smallRunConfig({ epochs: 1 });
const config = (name: string, changed: object) =>
  jsonFile(join(root, `${name}.json`), {
    model: { ...model, agent: null, ...changed },
    training: { ...training, learningRates: still },
  });
const weights = (run: RunFolder) =>
  parseSafetensors(readFileSync(run.path('weights.safetensors')), run.dir).tensors;

beforeAll(async () => {
  await smallPhantom(data);
  await smallPhantom(other);
  // other words in the second data set: one new, the rest at other ids
  const path = join(other, 'annotation.json');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/\bthe\b/g, 'aardvark'));
  expect((await train(data, 'first', '--config', config('first', {}))).code).toBe(0);
});

it('takes weights over, those of words by word', async () => {
  const { code, errors } = await train(
    other,
    'second',
    '--config',
    config('second', {}),
    '--pretrained',
    first.dir,
  );
  expect(code, errors.join('\n')).toBe(0);
  const second = new RunFolder(join(root, 'second'));
  const [from, to] = [weights(first), weights(second)];
  const [before, after] = [first.readTokenizer().words, second.readTokenizer().words];
  expect(after).toContain('aardvark');
  // else by word and by place are the same
  expect(after.some((word, i) => before.includes(word) && before[i] !== word)).toBe(true);
  const name = 'decoder.embedding.weight';
  const d = from.get(name)!.shape[1];
  const row = (file: typeof from, i: number) => toFloat32(file.get(name)!).slice(i * d, (i + 1) * d);
  expect(row(to, 0)).toEqual(row(from, 0));
  after.forEach((word, i) => {
    const known = before.indexOf(word);
    if (known >= 0) expect(row(to, i + 1), word).toEqual(row(from, known + 1));
  });
  for (const [key, stored] of from) {
    if (/^decoder\.(embedding|output)\./.test(key)) continue;
    expect(toFloat32(to.get(key)!), key).toEqual(toFloat32(stored));
  }
  const { pretrained } = JSON.parse(readFileSync(second.path('run.json'), 'utf8'));
  expect(pretrained).toMatchObject({ weights: from.size, of: from.size });
  expect(pretrained.words).toBe(after.filter((word) => before.includes(word)).length);
});

it('leaves what the run has not', async () => {
  const { code } = await train(
    data,
    'third',
    '--config',
    config('third', { fusion: null }),
    '--pretrained',
    first.dir,
  );
  expect(code).toBe(0);
  const { pretrained } = JSON.parse(readFileSync(join(root, 'third', 'run.json'), 'utf8'));
  expect(pretrained.weights).toBe(pretrained.of);
});

it('is an option of raca ablate too', async () => {
  const nowhere = join(root, 'nowhere');
  const { code, errors } = await runCommand(
    ...['ablate', '--config', 'small', '--data', nowhere, '--out', join(root, 'grid'), '--pretrained', root],
  );
  expect([code, ...errors.slice(-1)]).toEqual([1, expect.stringContaining(nowhere)]); // no word on the option
});

it('says in one line what is wrong', async () => {
  const wrong = async (...more: string[]) => {
    const { code, errors } = await train(data, 'fourth', ...more);
    return [code, ...errors];
  };
  expect(await wrong('--pretrained', join(root, 'nowhere'))).toEqual([1, expect.stringContaining('nowhere')]);
  expect(await wrong('--pretrained', first.dir, '--init', first.dir)).toEqual([
    2,
    expect.stringContaining("option '--pretrained <run>' cannot be used with option '--init <run>'"),
  ]);
});
