import { measure, pairReports, TEMPORAL_WORDS, temporalF1, temporalF1Of, temporalWords } from '@raca/metrics';
import { z } from 'zod';

const pair = z.looseObject({
  name: z.string(),
  prediction: z.string(),
  reference: z.string(),
  expected: z.looseObject({}),
});

/** Do both reports speak of the same progression? @param {import('./table-case.mjs').TableCase} given */
export function temporalF1Case(given) {
  const {
    words,
    pairs,
    expected_mean: mean,
  } = given.read({
    words: z.array(z.string()),
    pairs: z.array(pair),
    expected_mean: z.number(),
  });
  given.check('all', { words: [...TEMPORAL_WORDS].sort() }, { words });
  for (const { name, prediction, reference, expected } of pairs) {
    const found = {
      predicted_words: [...temporalWords(prediction)].sort(),
      reference_words: [...temporalWords(reference)].sort(),
      f1: temporalF1Of(reference, prediction),
    };
    given.check(name, found, expected);
  }
  const texts = pairReports(
    pairs.map((/** @type {any} */ { reference }) => reference),
    pairs.map((/** @type {any} */ { prediction }) => prediction),
  );
  given.check('all', { mean: measure(temporalF1(), texts).corpus['temporal-f1/words'] }, { mean });
}
