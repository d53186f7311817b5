import '@tensorflow/tfjs-backend-cpu';
import { leakedTensors } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { bankOf } from './bank';
import { indexBank, nearest, studyVectors } from './nearest';

const words = (...ids: number[]): Int32Array => Int32Array.from(ids);
/** Cosines with (1, 0): 1, 0.6, −0.8, 0; lengths differ, which must not count. */
const bank = bankOf(
  Float32Array.of(2, 0, 3, 4, -8, 6, 0, 0),
  ['east', 'northeast', 'northwest', 'nowhere'],
  [words(1, 2), words(3), words(), words(4)],
);

describe('nearest', () => {
  const found = (...args: Parameters<typeof nearest>): [string, number][][] =>
    nearest(...args).map((cases) => cases.map(({ id, cosine }) => [id, Math.round(cosine * 1e5) / 1e5]));

  it('equals cosines by hand, best first', () => {
    expect(found(bank, Float32Array.of(5, 0, 0, 0.1), 3)).toEqual([
      [
        ['east', 1],
        ['northeast', 0.6],
        ['nowhere', 0],
      ],
      [
        ['northeast', 0.8],
        ['northwest', 0.6],
        ['east', 0],
      ],
    ]);
  });

  it('leaves out the case that asks, and only that', () => {
    const names = (exclude: (string | null)[]) =>
      nearest(bank, Float32Array.of(1, 0), 2, exclude).map((cases) => cases.map(({ id }) => id));
    expect(names(['east'])).toEqual([['northeast', 'nowhere']]);
    expect(names(['northwest'])).toEqual([['east', 'northeast']]);
    expect(names(['unheard of'])).toEqual([['east', 'northeast']]);
    expect(names([null])).toEqual([['east', 'northeast']]);
  });

  it('leaves out the whole group of the case that asks', () => {
    const groups = Int32Array.of(5, 7, 5, 5); // of 4, a patient with 3 studies
    const grouped = bankOf(bank.vectors, bank.ids, bank.reports, { groups });
    const names = (exclude: string | null, k = 4) =>
      nearest(grouped, Float32Array.of(1, 0), k, [exclude])[0].map(({ id }) => id);
    for (const id of ['east', 'northwest', 'nowhere']) expect(names(id)).toEqual(['northeast']);
    expect(names('northeast')).toEqual(['east', 'nowhere', 'northwest']);
    expect(names('northeast', 1)).toEqual(['east']);
    // two of the group are nearer: cosines 0.45, 0, −0.45, −0.89
    expect(nearest(grouped, Float32Array.of(0.5, -1), 1, ['nowhere'])[0].map(({ id }) => id)).toEqual([
      'northeast',
    ]);
    expect(names('unheard of', 3)).toEqual(['east', 'northeast', 'nowhere']);
    // a case without a report has a group too
    const silent = bankOf(bank.vectors, bank.ids, [null, ...bank.reports.slice(1)], { groups });
    expect(nearest(silent, Float32Array.of(1, 0), 4, ['east'])[0].map(({ id }) => id)).toEqual(['northeast']);
  });

  it('gives what there is where k is larger, and rows of the bank', () => {
    const [cases] = nearest(bank, Float32Array.of(1, 0), 9, ['east']);
    expect(cases.map(({ row }) => row)).toEqual([1, 3, 2]);
    expect(nearest(bankOf(new Float32Array(), [], []), new Float32Array(), 1)).toEqual([]);
  });

  it('never finds cases without a report', () => {
    const some = bankOf(Float32Array.of(1, 0, 0.9, 0.1, 0, 1), ['a', 'b', 'c'], [null, words(1), words(2)]);
    const ids = (exclude: string[]) =>
      nearest(some, Float32Array.of(1, 0), 3, exclude)[0].map(({ id }) => id);
    expect(ids(['a'])).toEqual(['b', 'c']);
    expect(ids(['b'])).toEqual(['c']);
    const none = bankOf(Float32Array.of(1, 0), ['a'], [null]);
    expect(nearest(none, Float32Array.of(1, 0), 3)).toEqual([[]]);
  });

  it('agrees with a loop over all cases', () => {
    const [n, d, k] = [200, 7, 5];
    const value = (i: number): number => Math.sin(1.7 * i * i + 0.3 * i);
    const vectors = Float32Array.from({ length: n * d }, (_, i) => value(i));
    const many = bankOf(
      vectors,
      Array.from({ length: n }, (_, i) => `${i}`),
      new Array(n).fill(words(1)),
    );
    const cosine = (a: number, b: number): number => {
      let [ab, aa, bb] = [0, 0, 0];
      for (let j = 0; j < d; j++) {
        const [x, y] = [vectors[a * d + j], vectors[b * d + j]];
        ab += x * y;
        aa += x * x;
        bb += y * y;
      }
      return ab / Math.sqrt(aa * bb);
    };
    const asked = [0, 17, 199];
    const queries = Float32Array.from(asked.flatMap((row) => [...vectors.slice(row * d, (row + 1) * d)]));
    const cases = nearest(
      many,
      queries,
      k,
      asked.map((row) => `${row}`),
    );
    asked.forEach((row, i) => {
      const order = Array.from({ length: n }, (_, j) => j)
        .filter((j) => j !== row)
        .sort((x, y) => cosine(row, y) - cosine(row, x));
      expect(cases[i].map((x) => x.row)).toEqual(order.slice(0, k));
    });
  });

  it('leaves no tensor', () => {
    expect(leakedTensors(() => void nearest(bank, Float32Array.of(1, 0), 2))).toBe(0);
    expect(leakedTensors(() => void indexBank(bank).dispose())).toBe(0);
  });

  it('names what does not fit', () => {
    expect(() => nearest(bank, Float32Array.of(1, 2, 3), 1)).toThrow('queries must be [b, 2], got 3 values');
    expect(() => nearest(bank, Float32Array.of(1, 2), 0)).toThrow('k must be 1 or more, got 0');
    expect(() => nearest(bank, Float32Array.of(1, 2), 1, [])).toThrow('expected 1 ids to exclude, got 0');
  });
});

it.each<[string, number[], string[], (Int32Array | null)[]]>([
  ['as many values for each of 2 cases, got 3', [1, 2, 3], ['a', 'b'], [null, null]],
  ['as many values for each of 0 cases, got 1', [1], [], []],
  ['as many values for each of 1 cases, got 0', [], ['a'], [null]],
  ['expected 1 reports, got 0', [1], ['a'], []],
  ['the case "a" is there twice', [1, 2], ['a', 'a'], [null, null]],
  ['found NaN in the case "b"', [1, 2, 3, Number.NaN], ['a', 'b'], [null, null]],
  ['tokens must be 1 or more, got 0 in the report of "a"', [1], ['a'], [words(2, 0)]],
])('a bank refuses: %s', (message, values, ids, reports) => {
  expect(() => bankOf(Float32Array.from(values), ids, reports)).toThrow(message);
});

it('a study looks like the mean of the patches that are there', () => {
  const patches = tf.tensor3d([1, 2, 3, 4, 1e3, 1e3, 5, 6, 7, 8, 9, 1], [2, 3, 2]);
  const present = tf.tensor2d([1, 1, 0, 1, 1, 1], [2, 3]);
  tf.test_util.expectArraysClose(studyVectors({ patches, present }).dataSync(), [2, 3, 7, 5]);
  tf.test_util.expectArraysClose(studyVectors({ patches, present: null }).dataSync().slice(2), [7, 5]);
});
