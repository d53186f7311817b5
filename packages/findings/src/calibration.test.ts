import { describe, expect, it } from 'vitest';
import { firstPrior, nextPrior, positiveFrequencies, thresholdsFor } from './calibration';

/** `[n, c, s]` of which only positive counts here. */
const positives = (...values: number[]): Float32Array =>
  Float32Array.from(values.flatMap((x) => [1 - x, x, 0, 0]));
/** 1 positive, 0 blank, 2 negative, 3 uncertain */
const of = (names: string[], ...states: number[]) => ({ names, states: Uint8Array.from(states) });

describe('thresholds', () => {
  it('give the best F1, half way to the next study', () => {
    // from the top: hit F1 2/3; miss 1/2; hit 4/5 (the best); miss 2/3
    const labels = of(['A'], 1, 2, 1, 0);
    expect(thresholdsFor(positives(0.9, 0.8, 0.5, 0.1), labels)[0]).toBeCloseTo(0.3, 6);
  });

  it('take equal probabilities together', () => {
    // 0.6 twice, one of them right: F1 2/3; alone it would be 1
    expect(thresholdsFor(positives(0.6, 0.6, 0.2), of(['A'], 1, 0, 0))[0]).toBeCloseTo(0.4, 6);
  });

  it('take the higher of equally good ones', () => {
    // one of two: 2/3; then two misses and a hit: 2 · 2 / (4 + 2) = 2/3
    expect(thresholdsFor(positives(0.9, 0.7, 0.6, 0.5), of(['A'], 1, 0, 0, 1))[0]).toBeCloseTo(0.8, 6);
  });

  it('stay at one half for a finding that no study shows, and go by name', () => {
    const labels = of(['B', 'A'], 0, 1, 3, 0);
    const found = thresholdsFor(positives(0.4, 0.9, 0.2, 0.8), labels, ['A', 'B']);
    expect(found[0]).toBeCloseTo(0.3, 6);
    expect(found[1]).toBe(0.5);
  });

  it('want a probability for each label', () => {
    expect(() => thresholdsFor(positives(0.4), of(['A'], 1, 0))).toThrow(
      'findings: expected probabilities [2, 1, 4] for these labels, got 4 values',
    );
    expect(() => thresholdsFor(positives(0.4), of(['A'], 1), ['B'])).toThrow(
      'findings: expected a label of "B", found labels of A',
    );
  });
});

describe('π', () => {
  it('starts as shares over the largest', () => {
    const [a, b] = firstPrior(['A', 'B'], { A: 0.1, B: 0.4 });
    expect([a, b]).toEqual([0.25, 1]);
  });

  it('stays for a finding that no study shows', () => {
    const labels = of(['A', 'B', 'C'], 1, 0, 1, 0, 2, 1);
    const next = nextPrior(
      positives(0.5, 0.9, 0.8, 0.1, 0.9, 0.4),
      labels,
      labels.names,
      Float32Array.of(1, 0.2, 1),
    );
    // A: 0.5; C: mean of 0.8 and 0.4 = 0.6, the largest
    [0.5 / 0.6, 0.2, 1].forEach((x, i) => {
      expect(next[i]).toBeCloseTo(x, 6);
    });
    const none = Float32Array.of(0.3, 0.4, 0.5);
    expect(nextPrior(positives(0.5, 0.9, 0.8), of(['A', 'B', 'C'], 0, 0, 0), labels.names, none)).toBe(none);
  });
});

describe('frequencies', () => {
  it('are shares of positive reports, never 0 or 1', () => {
    const labels = of(['A', 'B', 'C'], 1, 0, 1, 2, 3, 1, 1, 0, 1, 0, 2, 1);
    expect(positiveFrequencies(labels)).toEqual({ A: 0.5, B: 0.125, C: 0.875 });
    expect(() => positiveFrequencies(of(['A']))).toThrow('at least one report');
  });
});
