import { crimsonScore } from '@raca/metrics';
import { z } from 'zod';

const table = z.looseObject({ name: z.string(), judge: z.looseObject({}), expected: z.looseObject({}) });

/** The arithmetic behind the judge. @param {import('./table-case.mjs').TableCase} given */
export function crimson(given) {
  for (const { name, judge, expected } of given.read({ tables: z.array(table) }).tables) {
    given.check(name, /** @type {any} */ (crimsonScore(judge)), expected);
  }
}
