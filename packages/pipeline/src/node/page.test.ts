import { score } from '@raca/metrics';
import { expect, it } from 'vitest';
import type { SystemScores } from './evaluate';
import { chosenStudies, protocolTables } from './page';

const systemsOf = (r2gen: string, full: string): SystemScores[] => [
  {
    system: 'model',
    protocols: {
      r2gen: score([{ id: 'a', reference: r2gen, hypothesis: 'heart normal .' }], { protocol: 'r2gen' }),
      full: score([{ id: 'a', reference: full, hypothesis: 'heart normal .' }], { protocol: 'full' }),
    },
  },
];

it('shows one table where both protocols give the same numbers, else two', () => {
  expect(protocolTables(systemsOf('heart normal .', 'heart normal .')).map(({ title }) => title)).toEqual([
    'protocols r2gen and full, equal here: no reference is cut, and none has a rare word',
  ]);
  const two = protocolTables(systemsOf('heart normal .', 'heart normal . no effusion .'));
  expect(two.map(({ title }) => title.slice(0, 14))).toEqual(['protocol r2gen', 'protocol full:']);
});

it('chooses the worst, the best, and some between', () => {
  const scores = [0.5, 0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6].map((clinical) => ({ clinical, rouge: 0 }));
  expect(chosenStudies(scores, 20).map((i) => scores[i].clinical)).toEqual([
    0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9,
  ]);
  expect(chosenStudies(scores, 5).map((i) => scores[i].clinical)).toEqual([0.1, 0.3, 0.5, 0.7, 0.9]);
  expect(chosenStudies(scores, 6).map((i) => scores[i].clinical)).toEqual([0.1, 0.2, 0.4, 0.6, 0.8, 0.9]);
  const tied = [0.2, 0.1, 0.3].map((rouge) => ({ clinical: 0, rouge }));
  expect(chosenStudies(tied, 3)).toEqual([1, 0, 2]);
});
