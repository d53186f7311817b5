import { measure, pairReports, radFactBoxes, radFactBoxesOf } from '@raca/metrics';
import { z } from 'zod';

const phrases = z.array(
  z.looseObject({ text: z.string(), entailed: z.boolean(), evidence: z.array(z.int()) }),
);
const set = z.looseObject({
  name: z.string(),
  candidate: phrases,
  reference: phrases,
  expected: z.looseObject({}),
});

/** RadFact's spatial precision and recall. @param {import('./table-case.mjs').TableCase} given */
export function radfactBoxes(given) {
  const {
    sets,
    image_size: size,
    expected_mean: mean,
  } = given.read({
    sets: z.array(set),
    image_size: z.int().positive(),
    expected_mean: z.looseObject({}),
  });
  for (const { name, candidate, reference, expected } of sets) {
    const scores = radFactBoxesOf({ candidate, reference }, size);
    const found = {
      spatial_precision: scores.spatialPrecision,
      spatial_recall: scores.spatialRecall,
      grounding_precision: scores.groundingPrecision,
      grounding_recall: scores.groundingRecall,
    };
    given.check(name, found, expected);
  }
  const texts = sets.map(() => '');
  const metric = radFactBoxes(({ id }) => sets[Number(id)], size);
  const { corpus } = measure(metric, pairReports(texts, texts));
  const found = Object.entries(corpus).map(([key, value]) => [
    key.replace('radfact-boxes/', '').replace('/', '_'),
    value,
  ]);
  given.check('mean', Object.fromEntries(found), mean);
}
