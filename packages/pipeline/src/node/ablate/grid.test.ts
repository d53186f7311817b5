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
    ]);
    expect(baseline).toBe('baseline');
    expect(parts).toEqual([
      ['baseline', null, null, null],
      ['+agent', 'raca', null, 'mean'],
      ['+alignment', null, 'contrastive', null],
      ['+BCA', null, null, 'bca'],
      ['full', 'raca', 'contrastive', 'bca'],
    ]);
    for (const { config } of rows) expect(config.training).toEqual(base.training);
    expect(parseGrid(base, () => base).rows.at(-1)!.config).toEqual(base); // a config is a base
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
