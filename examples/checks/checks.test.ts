import { Random } from '@raca/core/random';
import { REGIONS } from '@raca/core/regions';
import { describe, expect, it } from 'vitest';
import { auc } from './auc.mjs';
import { claimsOf, KINDS } from './claims.mjs';

describe('auc', () => {
  const rated = (...pairs: [truth: number, probability: number][]) =>
    pairs.map(([truth, probability]) => ({ truth, probability }));
  it.each([
    [rated([1, 0.9], [1, 0.4], [0, 0.5], [0, 0.1]), 3 / 4], // only 0.4 against 0.5 is the wrong way round
    [rated([1, 0.9], [0, 0.1]), 1],
    [rated([1, 0.1], [0, 0.9]), 0],
    [rated([1, 0.5], [0, 0.5], [0, 0.5]), 1 / 2],
    [rated([1, 0.7], [1, 0.5], [0, 0.5]), 3 / 4],
  ])('%j', (judged, expected) => expect(auc(judged)).toBeCloseTo(expected, 12));
});

describe('claimsOf', () => {
  const nodule = (side: string, lobe: string) => ({ kind: 'nodule', side, lobe });
  const places = (findings: object[], seed: number) =>
    claimsOf(findings, new Random(seed)).filter(({ test }) => test === 'place');

  it('puts a finding where it is, and where none of its kind is', () => {
    const findings = [nodule('left', 'upper'), nodule('right', 'lower'), { kind: 'cardiomegaly' }];
    for (let seed = 0; seed < 30; seed++) {
      const claims = places(findings, seed);
      expect(claims.map(({ truth }) => truth)).toEqual([1, 0, 1, 0]);
      for (const { truth, place, finding } of claims) {
        const own = findings.some((f) => 'side' in f && f.side === place.side && f.lobe === place.zone);
        expect([own, finding]).toEqual([truth === 1, 'nodule']);
        expect(REGIONS[place.region]).toBe('Lung fields');
      }
    }
  });

  it('has no false place for what is on both sides, and one claim of what is nowhere', () => {
    const both = ['left', 'right'].map((side) => ({ kind: 'effusion', side }));
    expect(places(both, 1).map(({ truth }) => truth)).toEqual([1, 1]);
    const [absent] = claimsOf(both, new Random(2)).filter(({ test }) => test === 'absent');
    expect(absent).toMatchObject({ truth: 0 });
    expect(absent.finding).not.toBe('effusion');
    expect(Object.keys(KINDS)).toContain(absent.finding);
  });
});
