import { expect, it } from 'vitest';
import { measure } from './measure';
import { pairReports } from './pairs';
import { type GroundedPair, radFactBoxes, radFactBoxesOf } from './radfact-boxes';
import { readGolden } from './testing/golden';

const golden = readGolden<{
  image_size: number;
  sets: (GroundedPair & { name: string; expected: Record<string, number | null> })[];
  expected_mean: Record<string, number>;
}>('radfact-boxes');

it.each(golden.sets)('$name', ({ candidate, reference, expected }) => {
  expect(radFactBoxesOf({ candidate, reference }, golden.image_size)).toEqual({
    spatialPrecision: expected.spatial_precision,
    spatialRecall: expected.spatial_recall,
    groundingPrecision: expected.grounding_precision,
    groundingRecall: expected.grounding_recall,
  });
});

it('is a mean over the studies where a ratio is defined', () => {
  const texts = golden.sets.map(() => '');
  const metric = radFactBoxes(({ id }) => golden.sets[Number(id)]!);
  const { corpus, perReport } = measure(metric, pairReports(texts, texts));
  for (const [name, value] of Object.entries(golden.expected_mean)) {
    expect(corpus[`radfact-boxes/${name.replace('_', '/')}`], name).toBeCloseTo(value, 12);
  }
  const without = golden.sets.findIndex(({ name }) => name === 'no boxes at all');
  expect(perReport[without]!['radfact-boxes/spatial/precision']).toBeNaN();
});

it('cuts boxes at the image', () => {
  const phrase = { text: '', entailed: true, evidence: [0] };
  const wide = { ...phrase, boxes: [[-1, -1, 2, 2]] as const };
  const pair = { candidate: [wide], reference: [{ ...phrase, boxes: [[0, 0, 1, 1]] as const }] };
  expect(radFactBoxesOf(pair).spatialPrecision).toBe(1);
});
