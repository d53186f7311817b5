import { expect, it } from 'vitest';
import { contradicts, type LabelledSentence, sentencesOf, tokenRows } from './labelled-reports';

const sentence = (words: number[], labels: LabelledSentence['labels'] = {}): LabelledSentence => ({
  words,
  labels,
});

it('splits a report at the words that end sentences', () => {
  expect(sentencesOf([3, 4, 9, 5, 9], 9)).toEqual([
    [3, 4, 9],
    [5, 9],
  ]);
  expect(sentencesOf([3, 9, 5], 9)).toEqual([[3, 9], [5]]);
  expect(sentencesOf([3, 9, 0, 0], 9)).toEqual([[3, 9]]); // as token rows are padded
  expect(sentencesOf([], 9)).toEqual([]);
});

it('makes token rows', () => {
  const { ids, shape } = tokenRows([[sentence([3, 9]), sentence([5, 9])], [sentence([7])], []]);
  expect(shape).toEqual([3, 6]);
  expect([...ids]).toEqual([0, 3, 9, 5, 9, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

it('a sentence contradicts a report that states none of its labels so', () => {
  const report = [sentence([1], { effusion: 'positive' }), sentence([2], { edema: 'negative' })];
  expect(contradicts(sentence([1], { effusion: 'positive', edema: 'negative' }), report)).toBe(false);
  expect(contradicts(sentence([1], { effusion: 'positive', edema: 'positive' }), report)).toBe(true);
  expect(contradicts(sentence([1], { fracture: 'positive' }), report)).toBe(true);
  expect(contradicts(sentence([1], { constructor: 'positive' }), report)).toBe(true);
  expect(contradicts(sentence([1]), report)).toBe(false);
});
