import type { ViewKind } from '@raca/core';
import { expect, it } from 'vitest';
import { timeBin } from './elapsed-time';
import { matchingViews } from './matching-views';

it.each([
  [Number.NaN, 0],
  [-3, 0],
  [0, 1],
  [1, 2],
  [2, 2],
  [3, 3],
  [7, 4],
  [14, 4],
  [15, 5],
  [365, 9],
  [1022, 10],
  [1023, 11],
  [40_000, 11],
  [Number.POSITIVE_INFINITY, 11],
])('%d days are bin %d', (days, bin) => expect(timeBin(days)).toBe(bin));

type Kinds = (ViewKind | null)[];
it.each<[Kinds, Kinds, (number | null)[]]>([
  [
    ['frontal', 'lateral'],
    ['frontal', 'lateral'],
    [0, 1],
  ],
  [
    ['lateral', 'frontal'],
    ['frontal', 'lateral'],
    [1, 0],
  ],
  [
    ['lateral', null],
    ['frontal', null],
    [null, null],
  ],
  [
    ['frontal', 'frontal'],
    ['frontal', 'frontal'],
    [0, 1],
  ],
  [
    ['frontal', 'frontal', 'lateral'],
    ['frontal', 'lateral'],
    [0, 0, 1],
  ],
  [
    ['unknown', 'unknown'],
    ['frontal', 'unknown'],
    [null, 1],
  ],
  [
    ['other', null],
    ['frontal', 'other'],
    [null, null],
  ],
])('earlier views %j match present %j as %j', (earlier, present, expected) =>
  expect(matchingViews(earlier, present)).toEqual(expected),
);
