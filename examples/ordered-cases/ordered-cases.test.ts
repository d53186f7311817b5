import { clinicalF1, labelReport, meanMetric, measure, pairReports, radCliqRules } from '@raca/metrics';
import { describe, expect, it } from 'vitest';
import { agreement } from './agreement.mjs';
import { ORDERS, orderedCases } from './cases.mjs';

const cases = orderedCases(30);
const sentences = (text: string): string[] => text.split(/(?<=\.) /);

describe('the cases', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(orderedCases(30)).toEqual(cases);
    expect(orderedCases(2, 2)).not.toEqual(cases.slice(0, 2));
  });

  it('differ from the paraphrase in what they say alone', () => {
    for (const one of cases) {
      const all = sentences(one.paraphrase);
      expect(one.same).toBe(one.reference);
      expect(one.paraphrase).not.toBe(one.reference);
      const left = sentences(one.omitted);
      const fewer = sentences(one.omittedTwo);
      expect([left.length, fewer.length]).toEqual([all.length - 1, all.length - 2]);
      for (const sentence of left) expect(all).toContain(sentence);
      for (const sentence of fewer) expect(left).toContain(sentence);
      const more = sentences(one.invented);
      expect(more.slice(0, -1)).toEqual(all);
      const at = all.findIndex((sentence, s) => sentences(one.wrongSide)[s] !== sentence);
      const sides = [all[at], sentences(one.wrongSide)[at]].map((text) => /left|lingula/i.test(text));
      expect(sides[0], one.id).toBe(!sides[1]);
      const degree = sentences(one.wrongDegree).filter((sentence, s) => sentence !== all[s]);
      expect(degree).toHaveLength(1);
    }
  });

  it('have a normal report that names no finding, and a reference that does', () => {
    for (const { normal, reference } of cases) {
      expect(labelReport(normal)['No Finding'], normal).toBe(1);
      expect(labelReport(reference)['No Finding'], reference).toBeUndefined();
    }
  });
});

describe('agreement', () => {
  const of = (name: string) => ORDERS.findIndex(([, worse]) => worse === name);
  const length = (direction: 'higher' | 'lower') =>
    meanMetric({ name: 'length', keys: ['length'], direction }, ({ hypothesis }) => [
      sentences(hypothesis).length,
    ]);

  it('counts agreement and ties, worked by hand for the number of sentences', () => {
    const [row] = agreement(length('higher'), cases);
    expect(row.orders[of('omitted')]).toEqual({ agrees: 30, ties: 0, of: 30 });
    expect(row.orders[of('omittedTwo')]).toEqual({ agrees: 30, ties: 0, of: 30 });
    expect(row.orders[of('invented')]).toEqual({ agrees: 0, ties: 0, of: 30 });
    expect(row.orders[of('wrongSide')]).toEqual({ agrees: 0, ties: 30, of: 30 });
    const [other] = agreement(length('lower'), cases);
    expect(other.orders[of('invented')]).toEqual({ agrees: 30, ties: 0, of: 30 });
    expect(row.of).toBe(ORDERS.length * 30);
  });

  it('shows what a metric cannot see: clinical F1 no side and no degree', () => {
    const row = agreement(clinicalF1(), cases).find(({ key }) => key === 'clinical/example/f1/14')!;
    expect(row.orders[of('wrongSide')]).toEqual({ agrees: 0, ties: 30, of: 30 });
    expect(row.orders[of('wrongDegree')]).toEqual({ agrees: 0, ties: 30, of: 30 });
    expect(row.orders[of('normal')].agrees).toBe(30);
  });

  it('rules in RadCliQ’s form agree with nineteen of twenty orders', () => {
    const [row] = agreement(radCliqRules(), cases);
    expect(row.agrees / row.of).toBeGreaterThan(0.95);
  });

  it('reads scores against the reference', () => {
    const [{ reference, normal }] = cases;
    const { perReport } = measure(clinicalF1(), pairReports([reference, reference], [reference, normal]));
    expect(perReport[0]['clinical/example/f1/14']).toBe(1);
    expect(perReport[1]['clinical/example/f1/14']).toBe(0);
  });
});
