import { expect, it } from 'vitest';
import { withNouns } from './pronouns';

// Read by hand: sentences, and the same with nouns.
it.each([
  [
    [' no effusion on the left but one on the right '],
    [' no effusion on the left but effusion on the right '],
  ],
  [
    [' small nodules ', ' the left one is new '],
    [' small nodules ', ' the left nodules is new '],
  ],
  [[' one nodule in one of the lobes '], [' one nodule in one of the lobes ']],
  [[' no effusion , level one , on one view '], [' no effusion , level one , on one view ']],
  [[' one on the right '], [' one on the right ']],
])('%j', (sentences, expected) => expect(withNouns(sentences)).toEqual(expected));
