import type { Dataset } from '@raca/data/node';
import { expect, it } from 'vitest';
import { withFirstStudies } from './subset';

const study = (id: string, split: 'train' | 'val') => ({ id, report: '', image_path: [], split });
const dataset = {
  dir: 'data',
  annotation: {
    train: Array.from({ length: 20 }, (_, i) => study(`${i}`, 'train')),
    val: [study('v', 'val')],
    test: [],
  },
} as unknown as Dataset;
const ids = (n: number, seed = 1) =>
  withFirstStudies(dataset, n, seed).annotation.train.map(({ id }) => Number(id));

it('takes some training studies, the fewer among the more, in the order of the data set', () => {
  expect(ids(20)).toEqual([...Array(20).keys()]);
  const [few, more] = [ids(5), ids(11)];
  expect([few.length, more.length]).toEqual([5, 11]);
  for (const id of few) expect(more).toContain(id);
  expect(more).toEqual([...more].sort((a, b) => a - b));
  expect(few).not.toEqual([0, 1, 2, 3, 4]);
  expect(ids(5, 2)).not.toEqual(few);
  expect(ids(5)).toEqual(few);
  expect(withFirstStudies(dataset, 5, 1).annotation.val).toHaveLength(1);
  expect(() => ids(21)).toThrow('annotation.json: train: expected at least 21 studies, found 20');
});
