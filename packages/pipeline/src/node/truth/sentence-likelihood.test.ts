import { expect, it } from 'vitest';
import { sentencesOf } from '../../sentence-spans';
import { sentenceLogProbability } from './sentence-likelihood';

it('cuts a row at its full stops', () => {
  expect(sentencesOf(Int32Array.of(0, 5, 1, 6, 7, 1, 0, 0), 1)).toEqual([
    { from: 1, to: 3 },
    { from: 3, to: 6 },
  ]);
  expect(sentencesOf(Int32Array.of(0, 5, 1, 6), 1)).toEqual([
    { from: 1, to: 3 },
    { from: 3, to: 4 },
  ]);
  expect(sentencesOf(Int32Array.of(0, 0), 1)).toEqual([]);
});

it('adds up log-probabilities of the tokens of one sentence of one row', () => {
  const tokens = { ids: Int32Array.of(0, 1, 1, 0, 2, 1), shape: [2, 3] as const };
  const log = (ps: number[]): number[] => ps.map((p) => Math.log(p) + 7); // a constant changes nothing
  const logits = Float32Array.from([
    ...log([0.5, 0.25, 0.25]),
    ...log([0.1, 0.1, 0.8]),
    ...log([0.2, 0.3, 0.5]),
    ...log([0.6, 0.1, 0.3]),
  ]);
  // row 1: token 2 after position 0 (0.5), token 1 after position 1 (0.1)
  const found = sentenceLogProbability(logits, 3, tokens, 1, { from: 1, to: 3 });
  expect(found).toBeCloseTo(Math.log(0.5 * 0.1), 5);
});
