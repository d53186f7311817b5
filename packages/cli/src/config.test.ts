import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRESETS, resolveConfig, smallConfig } from '@raca/pipeline';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { closest } from './closest';
import { readConfig, readConfigOver } from './config-file';
import { runCommand } from './testing/run-command';

const root = mkdtempSync(join(tmpdir(), 'raca-config-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (name: string, value: unknown): string => {
  const path = join(root, name);
  writeFileSync(path, typeof value === 'string' ? value : stringify(value));
  return path;
};
const show = async (...argv: string[]) => {
  const { code, stdout, errors } = await runCommand('config', 'show', ...argv);
  return { code, stdout, error: errors.join('\n') };
};

describe('raca config', () => {
  it.each(Object.keys(PRESETS))('shows the whole of %s as YAML that is a config again', async (name) => {
    const { code, stdout } = await show(name);
    expect(code).toBe(0);
    const saved = write(`${name}.yaml`, stdout);
    expect(readConfig(saved)).toEqual(resolveConfig(PRESETS[name]()));
    expect((await show(saved)).stdout).toBe(stdout);
    expect(JSON.parse((await show(name, '--json')).stdout)).toEqual(parse(stdout));
  });

  it('fills in the defaults of modules, and shows a user’s own by its path', async () => {
    const file = write('own.yaml', {
      base: 'small',
      model: { fusion: { use: './mine.mjs', config: { a: 1 } } },
    });
    const { model } = parse((await show(file)).stdout);
    expect(model.fusion).toEqual({ use: join(root, 'mine.mjs'), config: { a: 1 } });
    expect(model.agent.config).toMatchObject({ hidden: 64, priorLogit: 2, entropyWeight: 0.01 });
  });

  it('reads the config of a run folder', async () => {
    mkdirSync(join(root, 'run'));
    write('run/config.json', smallConfig());
    expect(parse((await show(join(root, 'run'))).stdout)).toEqual(resolveConfig(smallConfig()));
  });

  it('lists the names', async () => {
    const { code, stdout } = await runCommand('config', 'list');
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(Object.keys(PRESETS));
    expect(stdout).toMatch(/^small +width 96, images 112 × 112, 12 epochs; small-cnn, .*transformer$/m);
    const listed = JSON.parse((await runCommand('config', 'list', '--json')).stdout);
    expect(listed[0]).toMatchObject({ name: 'small', modules: { fusion: 'bca' } });
  });

  it('says in one line what it does not know', async () => {
    expect(await show('smal')).toMatchObject({
      code: 2,
      error: expect.stringMatching(
        /^raca: config: expected small, .* or a file, found "smal"; did you mean small\?$/,
      ),
    });
    expect((await show('nothing')).error).toMatch(/ or a file, found nothing at nothing$/);
    const wrong = write('wrong.yaml', {
      base: 'small',
      model: { fusion: { config: { attentionWidht: 4 } } },
    });
    expect(await show(wrong)).toMatchObject({
      code: 1,
      error: 'raca: model.fusion (bca): config: Unrecognized key: "attentionWidht"',
    });
    expect((await show()).code).toBe(2);
  });
});

describe('base', () => {
  it('is laid under the fields of a file: by name, by path, or written out', () => {
    const changed = { training: { epochs: 3 } };
    const expected = { ...smallConfig(), training: { ...smallConfig().training, epochs: 3 } };
    expect(readConfig(write('by-name.yaml', { base: 'small', ...changed }))).toEqual(expected);
    expect(readConfig(write('by-path.yaml', { base: './by-name.yaml' }))).toEqual(expected);
    expect(readConfig(write('inside.json', { base: smallConfig(), ...changed }))).toEqual(expected);
    expect(
      readConfig(write('twice.yaml', { base: { base: 'full' }, training: { seed: 1 } })).training.seed,
    ).toBe(1);
  });

  it('reads paths of modules where they are written', () => {
    mkdirSync(join(root, 'folder'));
    write('folder/base.yaml', { base: 'small', model: { fusion: { use: './mine.mjs' } } });
    const { model } = readConfig(
      write('above.yaml', { base: 'folder/base.yaml', model: { agent: { use: './a.mjs' } } }),
    );
    expect(model.fusion?.use).toBe(join(root, 'folder', 'mine.mjs'));
    expect(model.agent?.use).toBe(join(root, 'a.mjs'));
  });

  it('stands alone where a file is laid over another config', () => {
    const over = PRESETS.full();
    const file = write('over.yaml', { base: 'small', training: { seed: 5 } });
    expect(readConfigOver(over, file).model.width).toBe(smallConfig().model.width);
    expect(readConfigOver(over, write('part.yaml', { training: { seed: 5 } })).model.width).toBe(
      over.model.width,
    );
  });

  it.each([
    [
      'a name that is not there',
      { base: 'smal' },
      /b\.yaml: base: expected small, .*found "smal"; did you mean small\?$/,
    ],
    ['a file that is not there', { base: './none.yaml' }, /b\.yaml: base: .*found nothing at .*none\.yaml$/],
    [
      'itself',
      { base: './b.yaml' },
      /b\.yaml: base: expected configs that end at .*found b\.yaml → b\.yaml$/,
    ],
    ['a number', { base: 4 }, /b\.yaml: base: the config: .*expected object, received number$/],
    ['nothing', 'base:\ntraining: {}\n', /b\.yaml: base: the config: .*received null$/],
    [
      'a field that is not there',
      { base: 'small', trainig: {} },
      /b\.yaml: the config: Unrecognized key: "trainig"$/,
    ],
    [
      'no base',
      { training: { epochs: 2 } },
      /b\.yaml: expected model, or a base that the file changes, found neither$/,
    ],
    [
      'a grid',
      { base: 'small', rows: {} },
      /b\.yaml: rows: expected a config, found a grid \(see raca ablate\)$/,
    ],
    ['an alias of itself', 'base: &a\n  base: *a\n', /b\.yaml/],
  ])('refuses %s in one line', (_, value, message) => {
    const file = write('b.yaml', value);
    expect(() => readConfig(file)).toThrow(message);
    expect(() => readConfig(file)).not.toThrow(/\n/);
  });

  it('works in train as in ablate', async () => {
    const file = write('mine.yaml', { base: 'smal' });
    const out = join(root, 'out');
    for (const command of ['train', 'ablate']) {
      const { code, errors } = await runCommand(command, '--data', root, '--out', out, '--config', file);
      expect(code).not.toBe(0);
      if (command === 'ablate') expect(errors.at(-1)).toMatch(/mine\.yaml: base: .*did you mean small\?$/);
    }
    expect(existsSync(out)).toBe(false);
  });
});

it('finds the name that was meant', () => {
  const names = ['small', 'full', 'published'];
  expect(['smal', 'Small', 'fulll', 'publishd', 'xyz', 'a'].map((typed) => closest(typed, names))).toEqual([
    ...['small', 'small', 'full', 'published', null, null],
  ]);
});
