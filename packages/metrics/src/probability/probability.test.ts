import { describe, expect, it } from 'vitest';
import { auc, expectedCalibrationError, fitPlatt, logit, plattProbability } from './index';

// Expected values computed in NumPy (pairs counted, bins summed, gradient descent).
const p = [0.9, 0.8, 0.95, 0.3, 0.2, 0.6, 0.05, 0.7];
const truth = [1, 0, 1, 0, 1, 0, 0, 1].map(Boolean);

describe('AUC', () => {
  it('is the share of pairs in the right order', () => {
    expect(auc(p, truth)).toBeCloseTo(0.75, 12);
    expect(auc([3, 2, 1], [true, false, false])).toBe(1);
    expect(auc([1, 2, 3], [true, false, false])).toBe(0);
  });

  it('counts ties half', () => {
    // pairs of 0.5 with 0.5 and 0.2: (1/2 + 1)/2; of 0.2 with 0.5 and 0.2: (0 + 1/2)/2
    expect(auc([0.5, 0.5, 0.2, 0.2], [true, false, true, false])).toBe(0.5);
    expect(auc([1, 1, 1], [true, false, true])).toBe(0.5);
  });

  it('is none where all or nothing is true, and refuses other lengths', () => {
    expect(auc([1, 2], [true, true])).toBeNull();
    expect(auc([1, 2], [false, false])).toBeNull();
    expect(() => auc([1], [true, false])).toThrow('auc: lengths must match, got 1 scores and 2 truths');
    expect(() => auc([Number.NaN], [true])).toThrow('found NaN at 0');
  });
});

describe('expected calibration error', () => {
  it('weighs bins by their cases', () => {
    expect(expectedCalibrationError(p, truth, 5)).toBeCloseTo(0.1875, 12);
    // one bin each: |1 − 1|, |0.5 − 0|
    expect(expectedCalibrationError([1, 0.5], [true, false])).toBe(0.25);
    // within a bin, too much and too little cancel
    expect(expectedCalibrationError([0.5, 0.5], [true, false])).toBe(0);
    expect(expectedCalibrationError([], [])).toBeNaN();
  });

  it('refuses what is no probability', () => {
    expect(() => expectedCalibrationError([1.1], [true])).toThrow('expected probabilities, found 1.1 at 0');
  });
});

describe('Platt scaling', () => {
  const scores = [-2, -1.2, -0.7, -0.4, -0.3, -0.1, 0.2, 0.5];
  const right = [0, 0, 1, 0, 1, 0, 1, 1].map(Boolean);

  it('fits slope and intercept', () => {
    const fit = fitPlatt(scores, right)!;
    expect(fit.slope).toBeCloseTo(1.17176, 4);
    expect(fit.intercept).toBeCloseTo(0.5538, 4);
    expect(plattProbability(fit, 0)).toBeCloseTo(1 / (1 + Math.exp(-0.5538)), 5);
  });

  it('never falls: the share of events where the score points the wrong way', () => {
    const fit = fitPlatt([3, 2, 1, 0], [false, false, true, true])!;
    expect(fit.slope).toBe(0);
    expect(plattProbability(fit, 5)).toBeCloseTo(0.5, 12);
  });

  it('stays finite where a score tells all, where all are right, and where scores are equal', () => {
    const apart = fitPlatt([-1, 1], [false, true])!;
    // targets 1/3 and 2/3: σ(slope) = 2/3
    expect(apart.slope).toBeCloseTo(Math.log(2), 6);
    expect(apart.intercept).toBeCloseTo(0, 6);
    const all = fitPlatt([-3, -1, -2], [true, true, true])!;
    expect(plattProbability(all, -2)).toBeCloseTo(4 / 5, 6);
    const equal = fitPlatt([-1, -1, -1], [true, true, false])!;
    expect(plattProbability(equal, -1)).toBeCloseTo((0.75 + 0.75 + 1 / 3) / 3, 6);
    expect(fitPlatt([], [])).toBeNull();
    expect(() => fitPlatt([Number.NEGATIVE_INFINITY], [true])).toThrow('expected finite scores');
  });

  it('reaches the optimum from far apart scores', () => {
    const fit = fitPlatt([-100, -50, -30, -0.1, -20, -0.2], [false, true, false, true, false, true])!;
    expect(Number.isFinite(fit.slope)).toBe(true);
    const [yes, no] = [4 / 5, 1 / 5];
    const gap = [-100, -50, -30, -0.1, -20, -0.2].reduce(
      (sum, x, i) => sum + plattProbability(fit, x) - (i % 2 === 1 ? yes : no),
      0,
    );
    expect(gap).toBeCloseTo(0, 5); // the derivative by the intercept
  });
});

it('knows log odds, kept from infinity', () => {
  expect(logit(0.75)).toBeCloseTo(Math.log(3), 12);
  expect(logit(0)).toBeCloseTo(Math.log(1e-7), 6);
  expect(logit(1)).toBeCloseTo(-logit(0), 6);
});
