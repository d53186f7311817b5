import { expect, it } from 'vitest';
import type { LabelledReport } from '../labelled-reports';
import { pairsOf } from './pairs-of';

const effusion: LabelledReport[0] = { words: [1, 2, 9], labels: { effusion: 'positive' } };
const noEffusion: LabelledReport[0] = { words: [3, 1, 2, 9], labels: { effusion: 'negative' } };
const normalHeart: LabelledReport[0] = { words: [4, 5, 9], labels: { cardiomegaly: 'negative' } };
const chat: LabelledReport[0] = { words: [6, 9], labels: {} };

it('masks the sentences whose labels differ, worked by hand', () => {
  const pairs = pairsOf(
    [
      [normalHeart, effusion, chat],
      [normalHeart, chat], // says the same as the text: no pair
      [normalHeart, effusion], // the text leaves something out
    ],
    [[noEffusion, normalHeart], [normalHeart], [normalHeart]],
  );
  expect(pairs.studies).toEqual([0, 2]);
  expect(pairs.chosen.tokens).toEqual({
    ids: Int32Array.of(0, 4, 5, 9, 1, 2, 9, 6, 9, 0, 0, 4, 5, 9, 1, 2, 9, 0, 0, 0),
    shape: [2, 10],
  });
  expect([...pairs.chosen.sentenceMask]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0]);
  expect(pairs.rejected.tokens).toEqual({
    ids: Int32Array.of(0, 3, 1, 2, 9, 4, 5, 9, 0, 0, 4, 5, 9, 0, 0, 0, 0, 0),
    shape: [2, 9],
  });
  expect([...pairs.rejected.sentenceMask]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

it('makes no pair of reports that say the same', () => {
  const { chosen, studies } = pairsOf([[normalHeart, effusion]], [[effusion, normalHeart]]);
  expect(studies).toEqual([]);
  expect(chosen.tokens.shape[0]).toBe(0);
});

it('refuses another number of texts', () => {
  expect(() => pairsOf([[chat], [chat]], [[chat]])).toThrow(
    'pairsOf: expected a rejected text for each of 2, got 1',
  );
});
