import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../../config';
import { tinyConfig } from '../../tiny';
import { parseGrid } from './grid';

const base = tinyConfig();
const configOf = (): RunConfig => base;

describe('parseGrid', () => {
  it('has the rows of the paper for a base alone', () => {
    const { rows, baseline } = parseGrid({ base: 'small' }, configOf);
    const parts = rows.map(({ name, config: { model } }) => [
      name,
      model.agent?.use ?? null,
      model.alignment?.use ?? null,
      model.fusion?.use ?? null,
      model.findings,
    ]);
    expect(baseline).toBe('baseline');
    expect(parts).toEqual([
      ['baseline', null, null, null, null],
      ['+agent', 'raca', null, 'mean', null],
      ['+alignment', null, 'contrastive', null, null],
      ['+BCA', null, null, 'bca', null],
      ['+findings', null, null, null, { use: 'finding-head', config: { pool: ['mean', 'attention'] } }],
      ['full', 'raca', 'contrastive', 'bca', null],
      ['full+findings', 'raca', 'contrastive', 'bca', { use: 'finding-head', config: {} }],
    ]);
    for (const { config } of rows) expect(config.training).toEqual(base.training);
    const full = parseGrid(base, () => base).rows.find(({ name }) => name === 'full'); // a config is a base
    expect(full!.config).toEqual(base);
  });

  it.each([
    ['finding-head', { tell: 'gated' }, { tell: 'gated', pool: ['mean', 'attention'] }],
    ['./mine.mjs', { depth: 3 }, { depth: 3 }],
  ])('keeps the finding head of a base: %s', (use, config, alone) => {
    const own = tinyConfig({ findings: { use, config } });
    const { rows } = parseGrid({}, () => own);
    const of = (row: string) => rows.find(({ name }) => name === row)!.config.model.findings;
    expect(of('+findings')).toEqual({ use, config: alone });
    expect(of('full+findings')).toEqual({ use, config });
    for (const row of ['baseline', '+agent', '+alignment', '+BCA', 'full']) expect(of(row)).toBeNull();
  });

  it('takes rows that the user writes', () => {
    const grid = parseGrid(
      {
        base: 'small',
        data: '../phantom',
        baseline: 'prior',
        common: { training: { batchSize: 5, epochs: 6 } },
        rows: {
          ours: null,
          prior: { model: { agent: { use: 'prior' } } },
          mine: { model: { fusion: { use: './mine.mjs', config: { a: 1 } } }, training: { epochs: 7 } },
        },
      },
      configOf,
    );
    expect(grid).toMatchObject({ baseline: 'prior', data: '../phantom' });
    const [ours, prior, mine] = grid.rows;
    const training = { ...base.training, batchSize: 5, epochs: 6 };
    expect(ours).toEqual({ name: 'ours', config: { ...base, training } });
    expect(prior.config.model.agent).toEqual({ use: 'prior', config: {} });
    expect(mine.config.model.fusion).toEqual({ use: './mine.mjs', config: { a: 1 } });
    expect(mine.config.training).toEqual({ ...training, epochs: 7 });
  });

  it.each([
    [{ bases: 'small' }, /^grid: the grid: .*bases/],
    [{ rows: { a: { model: { agnet: null } } } }, /^grid: rows\.a: model: .*agnet/],
    [
      { rows: { a: null }, baseline: 'b' },
      /^grid: baseline: expected the name of a row, found "b" beside a$/,
    ],
    [{ common: { model: 3 } }, /^grid: common: model: /],
    [{ rows: {} }, /^grid: baseline: .*no rows$/],
    [{ rows: { a: 3 } }, /^grid: rows\.a: /],
    [null, /^grid: the grid: /],
  ])('says in one line what is wrong with %j', (value, message) => {
    expect(() => parseGrid(value, configOf)).toThrow(message);
  });

  it('needs parts to take away', () => {
    const without = tinyConfig({ agent: null });
    expect(() => parseGrid({}, () => without, 'g.yaml')).toThrow(
      /^g\.yaml: base: model\.agent: expected a module/,
    );
  });
});
