import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main as raca } from '@raca/cli';
import { makePhantom, openDataset } from '@raca/data/node';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import LOBES from './lobes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'region-set-'));
const at = (...names: string[]): string => join(folder, ...names);
const said: string[] = [];
/** `train.yaml`, with reports that are soon written. */
const config = at('short.json');

async function run(...argv: string[]): Promise<number> {
  said.length = 0;
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation((line) => void said.push(String(line)));
  const code = await raca(argv);
  vi.restoreAllMocks();
  return code;
}

beforeAll(async () => {
  const short = { model: { maxLength: 12 }, training: { generation: { search: 'greedy' } } };
  writeFileSync(config, JSON.stringify({ base: join(here, 'train.yaml'), ...short }));
  await makePhantom({ out: at('phantom'), train: 16, val: 2, test: 2, size: 128, seed: 3, workers: 0 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names on the buttons of a page, each once. */
function buttons(page: string): string[] {
  const found = page.matchAll(
    /<button type="button" aria-pressed="false" data-regions="\d+">([^<]*)<\/button>/g,
  );
  return [...new Set([...found].map(([, name]) => name))];
}

it('trains five lobes from a config; run folder, page, JSON and picture have them, without the file', async () => {
  const flags = ['--backend', 'wasm'];
  const data = ['--data', at('phantom'), ...flags];
  expect(
    await run('train', ...data, '--out', at('run'), '--config', config, '--epochs', '1'),
    said.join(),
  ).toBe(0);
  const line = new RunFolder(at('run')).readMetrics().find(({ kind }) => kind === 'train')!;
  expect(line.local).toBeGreaterThan(0); // sentences that speak of lobes find them
  const stored = JSON.parse(readFileSync(at('run', 'config.json'), 'utf8'));
  expect(stored.model.regions).toEqual(JSON.parse(JSON.stringify(LOBES)));

  expect(await run('evaluate', ...data, '--run', at('run')), said.join()).toBe(0); // nobody has to vouch for data
  expect(buttons(readFileSync(at('run', 'report.html'), 'utf8'))).toEqual(LOBES.names);

  const { dir, annotation } = openDataset(at('phantom'));
  const images = annotation.test[0].image_path.map((path) => join(dir, 'images', path));
  const out = ['--run', at('run'), '--images', ...images, '--out', at('report')];
  expect(await run('generate', ...out, ...flags), said.join()).toBe(0);
  const report = JSON.parse(readFileSync(at('report', 'report.json'), 'utf8'));
  const { views, grid } = report;
  for (const field of ['regions', 'probabilities']) {
    expect(Object.keys(report[field])).toEqual(LOBES.names);
    for (const values of Object.values(report[field]))
      expect(values).toHaveLength(views * grid.rows * grid.cols);
  }
  expect(buttons(readFileSync(at('report', 'report.html'), 'utf8'))).toEqual(LOBES.names);
  expect(existsSync(at('report', 'regions.png'))).toBe(true);

  const many = ['--run', at('run'), '--data', at('phantom'), '--split', 'test', '--out', at('many')];
  expect(await run('generate', ...many, '--pictures', ...flags), said.join()).toBe(0);
  expect(buttons(readFileSync(at('many', 'report.html'), 'utf8'))).toEqual(LOBES.names);
}, 240_000);

it('goes on with the same lobes, and with no others', async () => {
  const data = ['--data', at('phantom'), '--out', at('run'), '--resume', '--backend', 'wasm'];
  expect(await run('train', ...data, '--config', config, '--epochs', '1'), said.join()).toBe(0);
  expect(await run('train', ...data, '--config', 'small', '--epochs', '1')).toBe(1);
  expect(said.at(-1)).toMatch(
    /config\.json: the run was started with another model\.\w+; resume with its own/,
  );
});

it('annotates a data set with the lobes', async () => {
  const [before] = openDataset(at('phantom')).annotation.train;
  expect(
    await run('annotate', '--data', at('phantom'), '--regions', join(here, 'lobes.mjs')),
    said.join(),
  ).toBe(0);
  const { annotation, manifest, warnings } = openDataset(at('phantom'));
  expect(manifest!.regions).toEqual(LOBES.names);
  expect(warnings).toEqual([]);
  const names = new Set(annotation.train.flatMap(({ sentence_regions: s = {} }) => Object.values(s).flat()));
  expect([...names].sort()).toEqual([...LOBES.names].sort());

  expect(await run('annotate', '--data', at('phantom')), said.join()).toBe(0); // and with the 12 again
  expect(openDataset(at('phantom')).manifest!.regions).toBeUndefined();
  expect(openDataset(at('phantom')).annotation.train[0].id).toBe(before.id);
});
