import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const inputs = fileURLToPath(new URL('../../../../shared/field/image/inputs/', import.meta.url));
const test = it.skipIf(!existsSync(inputs));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-images-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('extract-stops-at-first-bad-image: leaves out what train leaves out (needs ../shared/field)', async () => {
  const config = jsonFile(join(dir, 'config.json'), smallRunConfig());
  const extract = (...more: string[]) =>
    runCommand(
      ...['extract', '--data', `${inputs}ds`, '--out', join(dir, 'features'), '--config', config],
      ...['--backend', 'wasm', ...more],
    );
  const strict = await extract('--strict');
  expect(strict.code).toBe(1);
  const { code, errors } = await extract();
  expect(code, errors.join('\n')).toBe(0);
  for (const [file, reason] of [
    ['login.jpg', 'a web page'],
    ['modality-MR-KNEE.dcm', 'modality MR, body part KNEE'],
    ['trunc.jpg', ''],
  ])
    expect(errors.find((line) => line.startsWith('skipped: ') && line.includes(file))).toContain(reason);
});

test('lateral-given-first: put in order, and said (needs ../shared/field)', async () => {
  const data = join(dir, 'phantom');
  await smallPhantom(data);
  const config = jsonFile(join(dir, 'config.json'), smallRunConfig({ epochs: 1 }));
  const run = join(dir, 'run');
  const trained = await runCommand(
    ...['train', '--data', data, '--out', run, '--config', config, '--backend', 'wasm'],
  );
  expect(trained.code, trained.errors.join('\n')).toBe(0);
  const images = [`${inputs}px/view-lateral.dcm`, `${inputs}plain12.dcm`];
  const generate = (...views: string[]) =>
    runCommand('generate', '--run', run, '--backend', 'wasm', '--json', '--images', ...views);
  const [swapped, ordered] = [await generate(...images), await generate(...images.reverse())];
  expect(swapped.code, swapped.errors.join('\n')).toBe(0);
  expect(swapped.errors.join('\n')).toContain('a lateral view (View Position LL) by its header: put behind');
  expect(ordered.errors.join('\n')).not.toContain('put behind');
  expect(JSON.parse(swapped.stdout).report).toEqual(JSON.parse(ordered.stdout).report);
}, 60_000);
