import { expect, it } from 'vitest';
import { outputFaults } from './output-faults';

const references = [
  'The heart is normal. No effusion.',
  'Small left effusion.',
  'Lungs are clear. No edema.',
  'Edema.',
];
const kinds = (texts: readonly string[]) =>
  outputFaults(references, texts).map(({ kind, count }) => `${kind} ${count}`);

it('finds nothing in sound reports, lists and tables among them', () => {
  expect(kinds(references)).toEqual([]);
  expect(
    kinds(['- No effusion\n- Heart normal', '1) Clear lungs. 2) No edema', 'Clear lungs.', 'no effusion']),
  ).toEqual([]);
  expect(
    kinds([
      'No no edema.',
      'Very, very small effusion. Very small.',
      'Heart: normal.',
      'T1, T2, T3, T4 fractures.',
    ]),
  ).toEqual([]);
});

it.each([
  ['empty texts', ['', ' \n', 'Edema.', 'Heart normal.'], 'empty 2'],
  ['one text for all', ['Clear.', 'Clear.', 'Clear. ', 'Clear.'], 'one text 4'],
  ['one text for half', ['Clear.', 'Clear.', 'Edema.', 'Heart big.'], 'same text 2'],
  [
    'a phrase without end',
    ['Clear.', `Heart is normal. ${'no effusion '.repeat(9)}.`, 'A.', 'B.'],
    'repetition 1',
  ],
  ['a word without end', ['the the the the the the the heart.', 'A.', 'B.', 'C.'], 'repetition 1'],
  ['unknown words', ['the <unk> is normal.', '[PAD] [PAD]', 'A.', 'B.'], 'unknown words 2'],
  [
    'error messages',
    ['CUDA out of memory', 'nan', 'A.', 'Traceback (most recent call last):'],
    'no report 3',
  ],
  ['texts cut off', ['The heart is normal. There is no', 'Lungs are clear. No', 'A.', 'B.'], 'cut off 2'],
  ['a heading that references lack', ['Findings: clear.', 'FINDINGS: big heart.', 'A.', 'B.'], 'heading 2'],
])('finds %s', (_, texts, found) => expect(kinds(texts)).toEqual([found]));

it('takes references that repeat themselves for what they are', () => {
  expect(outputFaults(['Clear.', 'Clear.', 'Clear.'], ['Clear.', 'Clear.', 'Clear.'])).toEqual([]);
});
