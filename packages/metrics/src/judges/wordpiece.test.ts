import { expect, it } from 'vitest';
import { wordPiece } from './wordpiece';

// By hand. The pieces of "unaffable" are BERT's own example.
const VOCABULARY = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'un',
  '##aff',
  '##able',
  'no',
  'effusion',
  '.',
  'edema',
  ',',
];
const { tokenize, special } = wordPiece(VOCABULARY);
const said = (text: string) => tokenize(text).map((n) => VOCABULARY[n]);

it('takes the longest pieces, and marks as words', () => {
  expect(said('Unaffable, no effusion.')).toEqual([
    '[CLS]',
    'un',
    '##aff',
    '##able',
    ',',
    'no',
    'effusion',
    '.',
    '[SEP]',
  ]);
  expect(said('No\n éDEMA')).toEqual(['[CLS]', 'no', 'edema', '[SEP]']);
  expect(said('unaffx no')).toEqual(['[CLS]', '[UNK]', 'no', '[SEP]']);
  expect(said('')).toEqual(['[CLS]', '[SEP]']);
  expect(special).toEqual(new Set([2, 3]));
});

it('keeps letter case where the model does, and the longest input', () => {
  expect(wordPiece(VOCABULARY, { lowerCase: false }).tokenize('No')).toEqual([2, 1, 3]);
  expect(wordPiece(VOCABULARY, { maxLength: 4 }).tokenize('no no no no')).toEqual([2, 7, 7, 3]);
  expect(said('a'.repeat(101))).toEqual(['[CLS]', '[UNK]', '[SEP]']);
  expect(() => wordPiece(['[UNK]', '[CLS]'])).toThrow('a vocabulary with [SEP]');
});
