import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFeatureStore } from '@raca/vision/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-extract-'));
const data = join(root, 'phantom');
const features = join(root, 'features');
let config: string;
const extract = (...more: string[]) =>
  runCommand('extract', '--data', data, '--out', features, '--config', config, '--backend', 'wasm', ...more);
const trainOn = (...more: string[]) =>
  runCommand('train', '--data', data, '--config', config, '--backend', 'wasm', '--epochs', '1', ...more);

beforeAll(async () => {
  await smallPhantom(data);
  config = jsonFile(join(root, 'config.json'), smallRunConfig());
}, 60_000);
afterAll(() => rmSync(root, { recursive: true }));

it('writes features of every image once, and only what is missing the next time', async () => {
  const { code, stdout } = await extract('--shard', '16', '--json');
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ done: 72, total: 72, skipped: 0, interrupted: false });
  const store = openFeatureStore(features, result.encoder);
  expect([store.ids.length, store.index.width, store.index.grid]).toEqual([72, 8, { rows: 4, cols: 4 }]);
  store.close();

  // As if killed: the last shard is not in the index, a temporary file lies about.
  const path = join(features, 'index.json');
  const index = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...index, shards: index.shards.slice(0, -1) }));
  writeFileSync(join(features, '.shard-00004.safetensors.999999999.tmp'), 'cut');
  const { mtimeMs } = statSync(join(features, 'shard-00000.safetensors'));
  const again = await extract('--shard', '16', '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ done: 72, skipped: 64, encoder: result.encoder });
  expect(statSync(join(features, 'shard-00000.safetensors')).mtimeMs).toBe(mtimeMs);
  expect(readdirSync(features).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(index);
}, 60_000);

it('trains and evaluates from features alone', async () => {
  const out = join(root, 'run');
  expect((await trainOn('--out', out, '--features', features)).code).toBe(0);
  const { model } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  expect(model).toMatchObject({ backbone: null, vision: { config: { inputWidth: 8 } } });
  const evaluated = await runCommand(
    ...['evaluate', '--run', out, '--data', data, '--features', features, '--backend', 'wasm', '--json'],
  );
  expect(evaluated.code).toBe(0);
  expect(JSON.parse(evaluated.stdout).systems[0].system).toBe('model');
  const without = await runCommand('evaluate', '--run', out, '--data', data, '--backend', 'wasm');
  expect(without).toMatchObject({
    code: 1,
    errors: ['raca: model.backbone: null: expected a folder of stored features (--features), found none'],
  });
}, 120_000);

it('says in one line what does not fit', async () => {
  const other = jsonFile(join(root, 'other.json'), { ...smallRunConfig({ seed: 7 }) });
  const hash = await extract('--config', other);
  expect(hash.code).toBe(1);
  expect(hash.errors).toHaveLength(1);
  expect(hash.errors[0]).toMatch(/index\.json: encoder must be "[0-9a-f]{64}", found "[0-9a-f]{64}"$/);

  const mine = JSON.parse(readFileSync(join(root, 'run', 'config.json'), 'utf8'));
  mine.model.features = 'abc';
  const wrong = await trainOn(
    '--out',
    join(root, 'x'),
    '--features',
    features,
    '--config',
    jsonFile(join(root, 'w.json'), mine),
  );
  expect(wrong.code).toBe(1);
  expect(wrong.errors).toHaveLength(1);
  expect(wrong.errors[0]).toMatch(/features must come from the encoder abc, found [0-9a-f]{64}$/);

  const annotation = JSON.parse(readFileSync(join(data, 'annotation.json'), 'utf8'));
  const [study] = annotation.test;
  const image = join(data, 'images', study.image_path[1]);
  const bytes = readFileSync(image);
  const partial = join(root, 'partial');
  try {
    writeFileSync(image, 'not an image');
    const broken = await runCommand(
      ...[
        'extract',
        '--data',
        data,
        '--out',
        partial,
        '--config',
        config,
        '--backend',
        'wasm',
        '--batch',
        '1',
        '--strict',
      ],
    );
    expect(broken.code).toBe(1);
    expect(broken.errors).toHaveLength(1);
    expect(broken.errors[0]).toContain(image);
  } finally {
    writeFileSync(image, bytes);
  }
  const missing = await trainOn('--out', join(root, 'y'), '--features', partial);
  expect(missing.code).toBe(1);
  expect(missing.errors).toEqual([
    expect.stringContaining(`${partial}: no features of the image ${study.image_path[1]}`),
  ]);
}, 60_000);

it('leaves out what cannot be read as training does, with the list, and trains and evaluates on the rest', async () => {
  const annotation = JSON.parse(readFileSync(join(data, 'annotation.json'), 'utf8'));
  const [damaged] = annotation.test;
  const image = join(data, 'images', damaged.image_path[1]);
  const bytes = readFileSync(image);
  const rest = join(root, 'rest');
  const onRest = (...more: string[]) =>
    runCommand('extract', '--data', data, '--out', rest, '--config', config, '--backend', 'wasm', ...more);
  try {
    writeFileSync(image, 'not an image');
    const { code, stdout, errors } = await onRest('--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ done: 71, total: 72, interrupted: false });
    expect(result.leftOut).toEqual([
      expect.stringMatching(/expected a readable image .*, found: a text file$/),
    ]);
    expect(errors).toEqual([
      `skipped: ${result.leftOut[0]}`,
      'images that could not be read: 1; they have no features (see --strict)',
    ]);
    expect(JSON.parse(readFileSync(join(rest, 'left-out.json'), 'utf8'))).toEqual({
      [damaged.image_path[1]]: result.leftOut[0],
    });
    const again = await onRest('--json'); // what is left out does not fail the second time
    expect(JSON.parse(again.stdout)).toMatchObject({ done: 71, skipped: 71, leftOut: result.leftOut });

    const out = join(root, 'rest-run');
    expect((await trainOn('--out', out, '--features', rest)).code).toBe(0);
    const evaluated = await runCommand(
      ...['evaluate', '--run', out, '--data', data, '--features', rest, '--backend', 'wasm', '--json'],
    );
    expect(evaluated.code, evaluated.errors.join('\n')).toBe(0);
    const { leftOut, systems } = JSON.parse(evaluated.stdout);
    expect(leftOut).toEqual(result.leftOut);
    expect(systems[0].protocols.full.perReport).toHaveLength(5);
    expect(evaluated.errors.at(-1)).toBe(
      'images that could not be read: 1; their studies are in no score (see --strict)',
    );
  } finally {
    writeFileSync(image, bytes);
  }
  const whole = await onRest('--json'); // mended: taken up
  expect(JSON.parse(whole.stdout)).toMatchObject({ done: 72, leftOut: [] });
  expect(readdirSync(rest)).not.toContain('left-out.json');
}, 180_000);

it('evaluates on images without the study that cannot be read; --strict stops', async () => {
  const out = join(root, 'image-run');
  expect((await trainOn('--out', out)).code).toBe(0);
  const annotation = JSON.parse(readFileSync(join(data, 'annotation.json'), 'utf8'));
  const image = join(data, 'images', annotation.test[2].image_path[0]);
  const bytes = readFileSync(image);
  const evaluate = (...more: string[]) =>
    runCommand('evaluate', '--run', out, '--data', data, '--backend', 'wasm', '--json', ...more);
  try {
    writeFileSync(image, '');
    const { code, stdout, errors } = await evaluate();
    expect(code, errors.join('\n')).toBe(0);
    const { leftOut, systems, truth } = JSON.parse(stdout);
    expect(leftOut).toEqual([expect.stringContaining(`${image}: expected a readable image`)]);
    for (const { protocols } of systems)
      expect(protocols.full.perReport.map(({ id }: { id: string }) => id)).toEqual(
        annotation.test.map(({ id }: { id: string }) => id).filter((_: string, i: number) => i !== 2),
      );
    expect(truth).not.toBeNull();
    const strict = await evaluate('--strict');
    expect([strict.code, strict.errors]).toEqual([
      1,
      [expect.stringContaining(`raca: ${image}: expected a readable`)],
    ]);
  } finally {
    writeFileSync(image, bytes);
  }
}, 180_000);
