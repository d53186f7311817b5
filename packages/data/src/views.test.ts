import { VIEW_KINDS } from '@raca/core';
import { expect, it } from 'vitest';
import { viewKind, viewKindsOf } from './views';

it('knows every kind by its own name', () =>
  expect(VIEW_KINDS.map((kind) => viewKind(kind))).toEqual([...VIEW_KINDS]));

it.each([
  [
    ['PA', null, 'LL'],
    ['frontal', 'unknown', 'lateral'],
  ],
  [
    ['lateral', 'frontal', 'other'],
    ['lateral', 'frontal', 'other'],
  ],
  [
    ['other', 'other', 'other'],
    ['other', 'other', 'other'],
  ],
  [['PA'], ['unknown', 'unknown', 'unknown']], // not parallel: no image is guessed
  [3, ['unknown', 'unknown', 'unknown']],
  [undefined, ['unknown', 'unknown', 'unknown']],
])('views %j', (views, kinds) => {
  expect(viewKindsOf({ image_path: ['a', 'b', 'c'], views })).toEqual(kinds);
});
