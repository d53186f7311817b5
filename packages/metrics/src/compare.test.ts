import { describe, expect, it } from 'vitest';
import { bleu } from './bleu';
import { clinicalF1 } from './clinical';
import { compareSystems } from './compare';
import { measure } from './measure';
import { meteor15 } from './meteor/metrics';
import { pairReports } from './pairs';
import { rougeL } from './rouge';

const references = Array.from({ length: 12 }, (_, i) =>
  i % 2 ? 'The heart is enlarged . Small left effusion .' : 'Lungs are clear . No pneumothorax .',
);
const good = pairReports(references, references);
const bad = pairReports(
  references,
  references.map(() => 'There is a fracture of a rib .'),
);

describe('compareSystems', () => {
  it('gives the scores of the metrics and finds a clear difference', () => {
    const metrics = [bleu(), meteor15(), clinicalF1(), rougeL()];
    const rows = compareSystems(good, bad, { metrics, resamples: 500 });
    const corpus = {
      ...measure(bleu(), bad).corpus,
      ...measure(clinicalF1(), bad).corpus,
      ...measure(rougeL(), bad).corpus,
      ...measure(meteor15(), bad).corpus,
    };
    expect(rows.map(({ key }) => key)).toEqual([
      ...['BLEU_1', 'BLEU_2', 'BLEU_3', 'BLEU_4'],
      'METEOR/1.5/exact+stem',
      ...['14', '5'].flatMap((n) =>
        ['micro', 'macro', 'example', 'weighted'].map((average) => `clinical/${average}/f1/${n}`),
      ),
      'ROUGE_L',
    ]);
    for (const { key, first, second, difference, pValue, adjusted } of rows) {
      expect(second, key).toBeCloseTo(corpus[key]!, 12);
      expect(difference, key).toBeCloseTo(first - second, 12);
      expect(pValue, key).toBeLessThan(0.06); // at most 2 of the 64 assignments of 6 reports are as extreme
      expect(adjusted, key).toBeGreaterThanOrEqual(pValue);
    }
  });

  it('finds none between a system and itself', () => {
    for (const { pValue, difference } of compareSystems(good, good, { resamples: 50 })) {
      expect([pValue, difference]).toEqual([1, 0]);
    }
  });

  it('tests the metrics asked for and no other, and corrects for these alone', () => {
    const rows = compareSystems(good, bad, { metrics: [rougeL()], resamples: 500 });
    expect(rows.map(({ key }) => key)).toEqual(['ROUGE_L']);
    expect(rows[0]!.adjusted).toBe(rows[0]!.pValue);
  });

  it('says what does not fit', () => {
    expect(() => compareSystems(good, bad.slice(1))).toThrow('got 12 and 11 pairs');
    expect(() => compareSystems(good, [...bad].reverse())).toThrow(
      'pair 0: studies must match, got "0" and "11"',
    );
  });
});
