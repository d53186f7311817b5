import { describe, expect, it } from 'vitest';
import { calibrationErrors, headScores } from './head-scores';

const study = (
  report: string,
  positive: readonly number[] | null,
  sentences: [number, boolean | null][],
) => ({
  report,
  positive: positive && Float32Array.from(positive),
  sentences: sentences.map(([p, right]) => ({ score: Math.log(p), right })),
});
const NAMES = ['Edema', 'Pneumothorax'];
const studies = [
  study('there is edema .', [0.9, 0.4], [[0.5, true]]),
  study(
    'there is edema . there is a pneumothorax .',
    [0.3, 0.8],
    [
      [0.5, true],
      [0.25, null],
    ],
  ),
  study('no edema .', [0.6, 0.1], [[0.5, false]]),
];
const calibration = {
  findings: {
    Edema: { slope: 0.5, intercept: 0, threshold: 0.25 },
    Pneumothorax: { slope: 0.5, intercept: 0, threshold: 0.9 },
  },
  // σ(ln p + ln 4): odds of 0.5 → 2
  sentences: { slope: 1, intercept: Math.log(4) },
};

describe('scores of the head, by hand', () => {
  it('take thresholds from validation', () => {
    const { thresholds, micro, macro, auc, classes } = headScores(studies, NAMES, calibration);
    expect(thresholds).toBe('validation');
    // edema: 2 hits, 1 wrong; pneumothorax: none found, 1 missed
    expect(classes[0]).toMatchObject({ finding: 'Edema', support: 2, precision: 2 / 3, recall: 1, f1: 0.8 });
    expect(classes[1]).toMatchObject({ support: 1, precision: 0, recall: 0, f1: 0, auc: 1, threshold: 0.9 });
    expect(classes[0].auc).toBe(0.5); // 0.9 > 0.6 > 0.3
    expect(auc).toBe(0.75);
    expect(micro.f1).toBeCloseTo((2 * 2) / (2 * 2 + 1 + 1), 12);
    expect(macro.f1).toBeCloseTo(0.4, 12);
  });

  it('take one half without them', () => {
    const { thresholds, classes } = headScores(studies, NAMES, null);
    expect(thresholds).toBe('half');
    expect(classes.map(({ f1 }) => f1)).toEqual([0.5, 1]); // 1 hit, 1 wrong, 1 missed; 1 hit
  });

  it('know no AUC of a class that nobody has', () => {
    const { auc, classes } = headScores([studies[2]], NAMES, null);
    expect([auc, classes[0].auc]).toEqual([null, null]);
  });
});

describe('calibration errors', () => {
  it('are those before and after, of sentences that say something', () => {
    const { findings, sentences } = calibrationErrors(studies, NAMES, calibration);
    // six decisions, a bin each: |0.9−1| + |0.4−0| + |0.3−1| + |0.8−1| + |0.6−0| + |0.1−0|
    expect(findings!.count).toBe(6);
    expect(findings!.before).toBeCloseTo((0.1 + 0.4 + 0.7 + 0.2 + 0.6 + 0.1) / 6, 5);
    // odds 9, 2/3, 3/7, 4, 3/2, 1/9 → their roots
    const p = [9, 2 / 3, 3 / 7, 4, 3 / 2, 1 / 9].map((odds) => Math.sqrt(odds) / (1 + Math.sqrt(odds)));
    const truth = [1, 0, 1, 1, 0, 0];
    const expected = p.reduce((sum, x, i) => sum + Math.abs(x - truth[i]), 0); // again a bin each
    expect(findings!.after).toBeCloseTo(expected / 6, 5);
    expect(sentences!.count).toBe(3);
    expect(sentences!.before).toBeCloseTo(2 / 3 - 0.5, 12);
    expect(sentences!.after).toBeCloseTo(0, 12); // 2/3 of them right
  });

  it('are none where there is nothing', () => {
    const bare = [study('no edema .', null, [[0.5, null]])];
    expect(calibrationErrors(bare, [], calibration)).toEqual({ findings: null, sentences: null });
    expect(calibrationErrors(studies, NAMES, null)).toMatchObject({
      findings: { after: null },
      sentences: { after: null },
    });
  });
});
