import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@raca/backend/node';
import { buildModel, MODULES, type ModuleTable, smallConfig } from '@raca/pipeline';
import { parseGrid } from '@raca/pipeline/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const gridOf = (name: string) => parseGrid(parse(readFileSync(join(here, name), 'utf8')), smallConfig, name);
const sizes = { vocabularySize: 20, separator: 1, seed: 1 };

beforeAll(() => useBackend({ prefer: ['wasm'] }));

describe('paper.yaml', () => {
  const { rows, baseline } = gridOf('paper.yaml');

  it('has the rows that `raca ablate` has without a grid', () => {
    const own = parseGrid({ base: 'small' }, smallConfig);
    expect(rows.map(({ name, config: { model } }) => ({ name, model }))).toEqual(
      own.rows.map(({ name, config: { model } }) => ({ name, model })),
    );
    expect(baseline).toBe(own.baseline);
  });

  it('makes models that differ in what the rows say alone', () => {
    const made = rows.map(({ config }) => buildModel(config.model, sizes));
    const names = made.map(({ parts }) =>
      [parts.agent, parts.alignment, parts.fusion, parts.findings].map((part) => part?.info.name ?? null),
    );
    expect(names).toEqual([
      [null, null, null, null],
      ['racaAgent', null, 'meanFusion', null],
      [null, 'contrastiveAlignment', null, null],
      [null, null, 'bca', null],
      [null, null, null, 'findingHead'],
      ['racaAgent', 'contrastiveAlignment', 'bca', null],
      ['racaAgent', 'contrastiveAlignment', 'bca', 'findingHead'],
    ]);
    // every module draws its first weights from a stream of its own
    const decoders = made.map(({ parameters }) =>
      [...parameters].find(([name]) => name.startsWith('decoder.'))![1].dataSync(),
    );
    for (const weights of decoders) expect(weights).toEqual(decoders[0]);
    for (const model of made) model.dispose();
  });
});

describe('own-module.yaml', () => {
  it('names a module that a path leads to', async () => {
    const { rows } = gridOf('own-module.yaml');
    const { model } = rows.find(({ name }) => name === 'gated')!.config;
    const { default: gated } = await import(resolve(here, model.fusion!.use));
    const modules: ModuleTable = { ...MODULES, fusion: { [model.fusion!.use]: gated } };
    const made = buildModel(model, sizes, modules);
    expect(made.parts.fusion?.info).toMatchObject({ name: 'gated', config: { perChannel: true } });
    made.dispose();
  });
});
