import { expect, it } from 'vitest';
import type { Annotation, Study } from '../dataset';
import { annotationAgreement } from './agreement';

const study = (id: string, report: string, sentence_regions?: Record<string, string[]>): Study => ({
  id,
  report,
  image_path: [`${id}/0.png`],
  split: 'train',
  sentence_regions,
});
const of = (...train: Study[]): Annotation => ({ train, val: [], test: [] });
const options = { cleaning: 'iu_xray' } as const;

/** Ten sentences; who names the heart: both in 4, only A in 1, only B in 2, neither in 3. */
const report = 'a. b. c. d. e. f. g. h. i. j.';
const named = (numbers: number[], region: string): Record<string, string[]> =>
  Object.fromEntries(numbers.map((n) => [`S${n}`, [region]]));
const a = of(study('x', report, { ...named([1, 2, 3, 4, 5], 'Heart'), S10: ['Ribs'] }));
const b = of(study('x', report, { ...named([1, 2, 3, 4, 6, 7], 'Heart'), S9: [] }));

it('compares other regions than the 12 where it is told their names', () => {
  const [x, y] = [
    of(study('x', 'a. b.', { S1: ['Lobe'] })),
    of(study('x', 'a. b.', { S1: ['Lobe'], S2: ['Lobe'] })),
  ];
  const { regions, exact } = annotationAgreement(x, y, { ...options, regions: ['Lobe'] });
  expect(regions).toEqual([
    expect.objectContaining({ region: 'Lobe', both: 1, onlyA: 0, onlyB: 1, neither: 0 }),
  ]);
  expect(exact).toBe(1 / 2);
  expect(annotationAgreement(x, y, options).exact).toBe(1); // the 12 know no lobe
});

it('gives F1 and kappa worked by hand', () => {
  const agreement = annotationAgreement(a, b, options);
  const heart = agreement.regions.find(({ region }) => region === 'Heart');
  // F1 = 8/11. Observed 7/10, chance (5·6 + 5·4)/100 = 1/2, kappa = 0.2/0.5
  expect(heart).toMatchObject({ both: 4, onlyA: 1, onlyB: 2, neither: 3 });
  expect(heart?.f1).toBeCloseTo(8 / 11, 12);
  expect(heart?.kappa).toBeCloseTo(0.4, 12);
  const ribs = agreement.regions.find(({ region }) => region === 'Ribs');
  // observed 9/10, chance (1·0 + 9·10)/100 = 9/10: no better than chance
  expect(ribs).toMatchObject({ both: 0, onlyA: 1, onlyB: 0, neither: 9, f1: 0, kappa: 0 });
  const spine = agreement.regions.find(({ region }) => region === 'Spine');
  expect(spine).toMatchObject({ neither: 10, f1: null, kappa: null });
  expect(agreement.microF1).toBeCloseTo(8 / 12, 12);
  expect(agreement.macroF1).toBeCloseTo(4 / 11, 12);
  expect(agreement.meanKappa).toBeCloseTo(0.2, 12);
  expect(agreement.exact).toBeCloseTo(0.6, 12);
  expect(agreement).toMatchObject({ studies: 1, sentences: 10 });
  expect(agreement.disagreements.map(({ sentence }) => sentence)).toEqual([5, 6, 7, 10]);
  expect(agreement.disagreements[0]).toEqual({ id: 'x', sentence: 5, text: 'e', a: ['Heart'], b: [] });
});

it('is 1 for a file and itself', () => {
  const same = annotationAgreement(a, a, options);
  expect(same).toMatchObject({ microF1: 1, macroF1: 1, meanKappa: 1, exact: 1, disagreements: [] });
});

it('counts what it leaves out', () => {
  const regions = { S1: ['Heart'] };
  const one = of(study('both', 'p. q.', regions), study('mine', 'p.', regions), study('bare', 'p.'));
  const two = of(
    study('both', 'p. q.', regions),
    study('bare', 'p.', regions),
    study('yours', 'p.', regions),
    study('his', 'p.', regions),
  );
  const agreement = annotationAgreement(one, two, options);
  expect(agreement).toMatchObject({ studies: 1, sentences: 2, exact: 1 });
  expect(agreement.left).toEqual({ onlyA: 1, onlyB: 2, bare: 1, texts: 0 });
  const other = annotationAgreement(one, of(study('both', 'p. other.', regions)), options);
  expect(other.left.texts).toBe(1);
  expect(other).toMatchObject({ studies: 0, sentences: 0, microF1: null, exact: null });
  const train = { ...options, splits: ['train'] } as const;
  expect(annotationAgreement(one, { ...two, test: two.train }, train).studies).toBe(1);
});

it('ignores names outside the 12 regions', () => {
  const odd = of(study('x', 'p.', { S1: ['Heart', 'Liver', 'Heart'] }));
  expect(annotationAgreement(odd, of(study('x', 'p.', { S1: ['Heart'] })), options).exact).toBe(1);
});
