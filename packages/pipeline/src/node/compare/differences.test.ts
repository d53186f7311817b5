import { expect, it } from 'vitest';
import { differingFields } from './differences';

it('names the fields that differ, and their values', () => {
  const one = { model: { width: 8, grid: { rows: 2, cols: 2 }, list: [1, 2] }, seed: 1 };
  const two = { seed: 1, model: { grid: { cols: 3, rows: 2 }, list: [2, 1], width: 8 } };
  const three = { model: { width: 8, grid: { rows: 2, cols: 2 }, list: [1, 2] }, seed: 1, more: null };
  expect(differingFields([one, two, three])).toEqual([
    { field: 'model.grid.cols', values: [2, 3, 2] },
    {
      field: 'model.list',
      values: [
        [1, 2],
        [2, 1],
        [1, 2],
      ],
    },
    { field: 'more', values: [undefined, undefined, null] },
  ]);
  expect(differingFields([one, { seed: 1, model: one.model }])).toEqual([]);
});

it('compares slots as a whole where their modules differ', () => {
  const slot = (use: string, heads: number) => ({ fusion: { use, config: { heads } } });
  expect(differingFields([slot('a', 1), slot('a', 2)])).toEqual([
    { field: 'fusion.config.heads', values: [1, 2] },
  ]);
  expect(differingFields([slot('a', 1), slot('b', 1)])[0].field).toBe('fusion');
  expect(differingFields([slot('a', 1), { fusion: null }])[0].field).toBe('fusion');
});
