import { describe, expect, it } from 'vitest';
import {
  bestConstantReport,
  constantClinicalF1,
  constantReport,
  mostFrequentReport,
  nearestReport,
} from './baselines';
import { clinicalF1 } from './clinical';
import { distinctTexts, lengthRatio } from './facts';
import { measure } from './measure';
import { pairReports } from './pairs';

const train = [
  'The heart is enlarged. Small left pleural effusion.',
  'The heart is enlarged. Right pleural effusion.',
  'The heart is enlarged.',
  'Right pneumothorax.',
  'Lungs are clear.',
  'Lungs are clear.',
];

describe('constant reports', () => {
  it('the medoid shares most with the others', () => {
    expect(constantReport(['a b c d', 'a b c d e', 'a b c d e f', 'x y z'])).toBe('a b c d e');
  });
  it('is the same for the same seed', () => {
    const many = Array.from({ length: 400 }, (_, i) => `finding ${i % 97} with degree ${i % 13} seen`);
    expect(constantReport(many, { seed: 5 })).toBe(constantReport(many, { seed: 5 }));
  });
  it('the most frequent text', () => expect(mostFrequentReport(train)).toBe('Lungs are clear.'));
  it('the best one has the highest clinical micro-F1 when said of everybody', () => {
    const said = (text: string) =>
      measure(
        clinicalF1(),
        pairReports(
          train,
          train.map(() => text),
        ),
      ).corpus['clinical/micro/f1/14']!;
    const best = bestConstantReport(train);
    expect(best).toBe(train[0]);
    for (const text of train) {
      expect(said(best)).toBeGreaterThanOrEqual(said(text));
      expect(constantClinicalF1()(train)(text)).toBeCloseTo(said(text), 12);
    }
  });
  it('need reports', () => {
    expect(() => constantReport([])).toThrow('constantReport: expected training reports, got none');
    expect(() => bestConstantReport([])).toThrow('expected training reports');
  });
});

describe('nearestReport', () => {
  const features = [Float32Array.of(1, 0), Float32Array.of(0, 5), Float32Array.of(-1, -1)];
  it('goes by angle, not by length', () => {
    expect(nearestReport(Float32Array.of(0.2, 0.3), features, ['a', 'b', 'c'])).toBe('b');
    expect(nearestReport(Float32Array.of(1, 0.9), features, ['a', 'b', 'c'])).toBe('a');
  });
  it('names what does not fit', () => {
    expect(() => nearestReport(Float32Array.of(1), features, ['a', 'b', 'c'])).toThrow(
      'nearestReport: feature vector 0 must have 1 numbers, got 2',
    );
    expect(() => nearestReport(Float32Array.of(1, 1), features, ['a'])).toThrow(
      'got 3 feature vectors and 1',
    );
  });
});

it('facts of a corpus', () => {
  expect(distinctTexts(['a', 'a ', 'b'])).toBe(2);
  expect(lengthRatio(pairReports(['a b c d', 'a b'], ['a b', 'a']))).toBe(0.5);
  expect(lengthRatio(pairReports([''], ['a']))).toBeNaN();
});
