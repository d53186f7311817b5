import { expect, it } from 'vitest';
import { measure } from './measure';
import { pairReports } from './pairs';
import { temporalF1, temporalF1Of, temporalWords } from './temporal';
import { readGolden } from './testing/golden';

interface Golden {
  words: string[];
  pairs: {
    name: string;
    prediction: string;
    reference: string;
    expected: { predicted_words: string[]; reference_words: string[]; f1: number };
  }[];
  expected_mean: number;
}

const golden = readGolden<Golden>('temporal-f1');

it.each(golden.pairs)('$name', ({ prediction, reference, expected }) => {
  expect([...temporalWords(prediction)].sort()).toEqual(expected.predicted_words);
  expect([...temporalWords(reference)].sort()).toEqual(expected.reference_words);
  expect(Math.abs(temporalF1Of(reference, prediction) - expected.f1)).toBeLessThan(1e-15);
});

it('knows the 44 words and is a mean over reports', () => {
  expect([...temporalWords(golden.words.join(' '))].sort()).toEqual(golden.words);
  const pairs = pairReports(
    golden.pairs.map(({ reference }) => reference),
    golden.pairs.map(({ prediction }) => prediction),
  );
  const { corpus } = measure(temporalF1(), pairs);
  expect(corpus['temporal-f1/words']).toBeCloseTo(golden.expected_mean, 12);
});
