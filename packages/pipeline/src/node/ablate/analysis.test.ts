import { clinicalF1, meanMetric, type ReportPair } from '@raca/metrics';
import { describe, expect, it } from 'vitest';
import { analyse } from './analysis';
import { scoreTable } from './tables';

const E = 'there is a large left pleural effusion .'; // one class: Pleural Effusion
const C = 'the lungs are clear .'; // one class: No Finding
const references = [E, E, C, C];

const reports = (texts: readonly string[]): ReportPair[] =>
  texts.map((hypothesis, i) => ({ id: `${i}`, reference: references[i], hypothesis }));

/** Baseline: "clear" for all. Row: right with seed 1, wrong about the second study with seed 2. */
const rows = [
  { row: 'base', seeds: [1, 2].map((seed) => ({ seed, pairs: reports([C, C, C, C]) })) },
  {
    row: 'mine',
    seeds: [
      { seed: 1, pairs: reports([E, E, C, C]) },
      { seed: 2, pairs: reports([E, C, C, C]) },
    ],
  },
];

const quick = { bootstrap: { resamples: 20 }, test: { resamples: 100 } };

describe('analyse', () => {
  const { studies, scores } = analyse(rows, 'base', 'r2gen');
  const scoreOf = (row: string, key: string) => scores.find((s) => s.row === row && s.key === key)!;
  const micro = scoreOf('mine', 'clinical/micro/f1/14');

  it('has mean and deviation over seeds as worked by hand', () => {
    expect(studies).toBe(4);
    // 2 of 4 right: one class said and one missed in each of the others, 2·2 / (2·2 + 2 + 2)
    expect(scoreOf('base', 'clinical/micro/f1/14')).toMatchObject({ mean: 0.5, sd: 0, test: null });
    // seed 1: 1; seed 2: 2·3 / (2·3 + 1 + 1)
    expect(micro.values).toEqual([
      { seed: 1, value: 1 },
      { seed: 2, value: 0.75 },
    ]);
    expect(micro.mean).toBe(0.875);
    expect(micro.sd).toBeCloseTo(Math.SQRT1_2 / 4, 12);
    // two classes at work: F1 1 and 1; then 2/3 (one of two found) and 4/5 (one false); 12 classes at 0
    expect(scoreOf('mine', 'clinical/macro/f1/14').mean).toBeCloseTo((2 / 14 + (2 / 3 + 4 / 5) / 14) / 2, 12);
    expect(scoreOf('mine', 'clinical/example/f1/14').mean).toBe(0.875);
  });

  it('has the interval of the bootstrap distribution', () => {
    // A set in which the second study comes m times scores 1 and 1 − m/4; m is binomial (4, 1/4):
    // P(m = 4) = 0.004, P(m ≥ 3) = 0.051, P(m = 0) = 0.316; so the 2.5 % quantile is at m = 3.
    expect(micro.interval).toEqual([1 - 3 / 8, 1]);
    // the baseline is right about two of the four: k right ones score k/4, P(k = 0) = 1/16
    expect(scoreOf('base', 'clinical/micro/f1/14').interval).toEqual([0, 1]);
  });

  it('tests against the baseline over all swaps', () => {
    // Only the first two studies differ. Swapping none or both gives ±0.375, the first alone −0.125 (seeds: 0 and
    // −0.25), the second alone 0.125: half of the swaps are as extreme.
    const { difference, pValue, adjusted, seeds, interval } = micro.test!;
    expect(difference).toBe(0.375);
    expect(Math.abs(pValue - 0.5)).toBeLessThan(0.02);
    expect(adjusted).toBe(pValue); // one row, nothing to correct
    expect(seeds).toEqual([1, 2]);
    // a set without the first two studies has no difference; one with k of the first and m of the second 2k/8 + m/8
    expect(interval[0]).toBe(0);
    expect(interval[1]).toBeLessThanOrEqual(1);
  });

  it('corrects for the number of rows', () => {
    const more = [...rows, { ...rows[1], row: 'again' }];
    const tested = analyse(more, 'base', 'r2gen', quick).scores.filter((s) => s.key === micro.key && s.test);
    for (const { test } of tested) expect(test!.adjusted).toBe(Math.min(1, 2 * test!.pValue));
    expect(tested).toHaveLength(2);
  });

  it('measures and tests further metrics by the scores that they say are worth a test', () => {
    const length = meanMetric({ name: 'length', keys: ['length'], direction: 'lower' }, ({ hypothesis }) => [
      hypothesis.length,
    ]);
    const metrics = [length, clinicalF1({ uncertain: 'positive' })];
    const { scores: all } = analyse(rows, 'base', 'r2gen', { ...quick, metrics });
    const mine = all.filter((score) => score.row === 'mine');
    expect(mine.find(({ key }) => key === 'length')!.values).toEqual([
      { seed: 1, value: (E.length + C.length) / 2 },
      { seed: 2, value: (E.length + 3 * C.length) / 4 },
    ]);
    const standard = scores.filter(({ row }) => row === 'mine').map(({ key }) => key);
    expect(mine.map(({ key }) => key)).toEqual([
      ...standard,
      'length',
      ...['14', '5'].flatMap((n) =>
        ['micro', 'macro', 'example', 'weighted'].map((average) => `clinical/${average}/f1/${n}+uncertain`),
      ),
    ]);
    const table = scoreTable(
      [{ name: 'mine', finished: [], failed: [], seeds: [1, 2] }],
      { protocol: 'r2gen', studies, scores: mine },
      'base',
    );
    const mean = mine.find(({ key }) => key === 'length')!.mean;
    expect(table.rows[0][table.head.indexOf('length')]).toContain(mean.toFixed(3));
  });

  it('uses the seeds that both rows have, and makes do without any', () => {
    const [base, mine] = rows;
    const some = analyse([base, { ...mine, seeds: mine.seeds.slice(1) }], 'base', 'r2gen', quick);
    const one = some.scores.find((s) => s.row === 'mine' && s.key === micro.key)!;
    expect(one).toMatchObject({ mean: 0.75, sd: null, test: { seeds: [2], difference: 0.25 } });
    const none = analyse([{ ...base, seeds: [] }, mine], 'base', 'r2gen', quick);
    expect(none.scores.every(({ test }) => test === null)).toBe(true);
    expect(analyse([], 'base', 'r2gen').scores).toEqual([]);
  });

  it('refuses runs over different studies', () => {
    const other = { row: 'other', seeds: [{ seed: 1, pairs: reports([C, C, C, C]).slice(1) }] };
    expect(() => analyse([...rows, other], 'base', 'r2gen')).toThrow(
      'ablation: other, seed 1: expected the studies and references of base, found "1"',
    );
  });
});
