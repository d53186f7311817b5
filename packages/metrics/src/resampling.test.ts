import { expect, it } from 'vitest';
import { bleu } from './bleu';
import { faultRate } from './checks/rate';
import { cider } from './cider';
import { clinicalF1, clinicalF1OfLabels } from './clinical';
import { additive, measure } from './measure';
import { meteor15 } from './meteor/metrics';
import { pairReports } from './pairs';
import { withPtbTokens } from './ptb';
import { metricRegistry } from './registry';
import { rankSystems } from './resampling';
import { rougeL } from './rouge';
import { sacreBleu } from './sacrebleu';
import { bootstrapInterval, pairedRandomisations } from './statistics';

const WORDS = ['effusion', 'no', 'clear', 'lungs', 'heart', 'large', '.', 'edema'];
const texts = (seed: number): string[] =>
  Array.from({ length: 14 }, (_, i) =>
    Array.from({ length: 9 }, (_, k) => WORDS[(seed * 31 + i * 7 + k * k * (seed + 1)) % WORDS.length]).join(
      ' ',
    ),
  );
const references = texts(0);
const systems = [1, 2, 3].map((seed) => ({ name: `s${seed}`, pairs: pairReports(references, texts(seed)) }));

// Every metric that the registry has, beside the slow way: evaluate the whole metric on each resample.
it('equals the metrics themselves on each resample', () => {
  const length = faultRate('length', 'word', ({ hypothesis }) => ({ faults: 1, places: hypothesis.length }));
  const metrics = [
    ...[bleu(), rougeL(), meteor15(), clinicalF1(), clinicalF1({ uncertain: 'positive' }), sacreBleu()],
    ...[withPtbTokens(bleu(2)), length],
  ];
  const options = { metrics, resamples: 40, seed: 3 };
  const { scores, tests } = rankSystems(systems, options);
  const [first, second] = systems;
  for (const metric of metrics) {
    const keys = additive(metric, first!.pairs).keys;
    for (const key of keys) {
      const row = scores.find((one) => one.key === key)!.systems[0]!;
      const slow = bootstrapInterval(
        references.length,
        (positions) =>
          measure(
            metric,
            positions.map((i, n) => ({ ...first!.pairs[i]!, id: String(n) })),
          ).corpus[key]!,
        options,
      );
      expect(row.value, key).toBeCloseTo(slow.estimate, 9);
      expect(
        [row.low, row.high].map((x) => x.toFixed(9)),
        key,
      ).toEqual([slow.low, slow.high].map((x) => x.toFixed(9)));
      const test = tests.find((one) => one.key === key && one.systems[0] === 's1' && one.systems[1] === 's2');
      if (!test) continue;
      const [exact] = pairedRandomisations(
        references.length,
        (fromSecond) => [
          measure(
            metric,
            fromSecond.map((is, i) => (is ? second!.pairs[i]! : first!.pairs[i]!)),
          ).corpus[key]!,
        ],
        options,
      );
      expect(test.difference, key).toBeCloseTo(exact!.difference, 9);
      expect(test.pValue, key).toBe(exact!.pValue);
    }
  }
});

it('can resample every metric of the registry', () => {
  for (const [name, make] of Object.entries(metricRegistry())) {
    const { scores } = rankSystems(systems.slice(0, 1), { metrics: [make()], resamples: 3 });
    expect(scores.length, name).toBeGreaterThan(0);
  }
});

it('ranks by direction, ties sharing a rank, and tests every two systems once', () => {
  const same = { name: 'same as s1', pairs: systems[0]!.pairs };
  const all = [...systems, same];
  const { scores, tests } = rankSystems(all, { metrics: [rougeL(), cider()], resamples: 20 });
  expect(tests).toHaveLength(2 * 6);
  const { systems: of } = scores[0]!;
  expect(of[0]!.rank).toBe(of[3]!.rank);
  const best = Math.max(...of.map(({ value }) => value));
  for (const { value, rank } of of) expect(rank === 1).toBe(value === best);
  const words = { ...rougeL(), direction: 'lower' as const };
  const lower = rankSystems(all, { metrics: [words], resamples: 2 }).scores[0]!.systems;
  expect(lower.find(({ rank }) => rank === 1)!.value).toBe(Math.min(...of.map(({ value }) => value)));
  const against = rankSystems(all, { metrics: [rougeL()], resamples: 2, baseline: 's2' }).tests;
  expect(against.every(({ systems: two }) => two.includes('s2'))).toBe(true);
  expect(against).toHaveLength(3);
});

it('says what does not fit', () => {
  expect(() => rankSystems([])).toThrow('at least one system');
  expect(() => rankSystems([systems[0]!, systems[0]!])).toThrow('names must differ, got "s1" twice');
  expect(() => rankSystems(systems, { baseline: 'x' })).toThrow('one of s1, s2, s3, got "x"');
});

it('counts labels that are given, weighted by support', () => {
  // By hand. Edema: 2 reports have it, 1 found, none wrong: F1 2/3. Fracture: 1 report, found, 1 wrong: 2/3.
  // Pneumonia: never there, said once: 0. Weighted: (2 · 2/3 + 1 · 2/3) / 3; precision (2 · 1 + 1 · 1/2) / 3.
  const labels = [
    { reference: { Edema: 1, Fracture: 1 }, hypothesis: { Edema: 1, Fracture: 1 } },
    { reference: { Edema: 1, Pneumonia: -1 }, hypothesis: { Edema: 0, Fracture: 1, Pneumonia: 1 } },
  ] as const;
  const pairs = pairReports(['a', 'a'], ['b', 'b']); // the texts say nothing
  const { corpus } = measure(
    clinicalF1OfLabels(({ id }) => labels[Number(id)]!),
    pairs,
  );
  expect(corpus['clinical/weighted/f1/14']).toBeCloseTo(2 / 3, 12);
  expect(corpus['clinical/weighted/precision/14']).toBeCloseTo(2.5 / 3, 12);
  expect(corpus['clinical/weighted/recall/14']).toBeCloseTo(2 / 3, 12);
  expect(corpus['clinical/micro/f1/14']).toBeCloseTo(4 / 7, 12);
});
