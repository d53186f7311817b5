import { targetsOf } from '@raca/core';
import { expect, it } from 'vitest';
import { FindingWeights } from './finding-weights';

const WORDS = ['', '.', 'the', 'heart', 'is', 'enlarged', 'normal', 'effusion'];
const decode = (ids: ArrayLike<number>): string => Array.from(ids, (id) => WORDS[id]).join(' ');

it('weighs sentences that report a finding, with their full stop, and nothing else', () => {
  const ids = Int32Array.of(
    ...[0, 2, 3, 4, 6, 1, 2, 3, 4, 5, 1, 0, 0], // the heart is normal . the heart is enlarged .
    ...[0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // effusion
  );
  const findings = new FindingWeights(1, decode);
  const weights = findings.weights({ ids, shape: [2, 13] }, 4);
  expect([...weights.subarray(0, 13)]).toEqual([1, 1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 1, 1]);
  expect([...weights.subarray(13)]).toEqual([1, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(findings.weights({ ids, shape: [2, 13] }, 4)).toEqual(weights); // sentences known by now
  // position j predicts token j + 1; the report's end counts, padding does not
  const { counted } = targetsOf({ ids, shape: [2, 13] }, weights);
  expect([...counted]).toEqual([
    ...[1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 1, 0],
    ...[4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ]);
});
