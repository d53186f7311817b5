import { expect, it } from 'vitest';
import {
  calibratedFinding,
  fitCalibration,
  judgedSentences,
  positiveTruth,
  sentenceRight,
} from './calibration';
import { confidenceOf } from './confidence';

const report = 'there is a pleural effusion . no pneumothorax . the study is done . possible pneumonia .';
/** ln p of its 17 words: −1 in the first sentence, −2 in the second, … */
const words = [...Array(6).fill(-1), ...Array(3).fill(-2), ...Array(5).fill(-3), ...Array(3).fill(-4)];

it('judges sentences by what they affirm and deny, and scores them by the mean of their words', () => {
  const judged = judgedSentences(report, words, 'small pleural effusion . large pneumothorax .');
  expect(judged).toEqual([
    { score: -1, right: true },
    { score: -2, right: false }, // denied, although it is there
    { score: -3, right: null }, // says nothing of any class
    { score: -4, right: null }, // neither affirms nor denies
  ]);
  expect(judgedSentences(report, words, 'no effusion .').map(({ right }) => right)).toEqual([
    false,
    true,
    null,
    null,
  ]);
});

it('fits on validation, and is applied', () => {
  const of = (right: boolean | null, score: number) => ({ right, score });
  // two studies: A has log-odds ln 9 and shows it, −ln 9 and does not; B shows it at the lower one
  const probabilities = Float32Array.from(
    [0.9, 0.1, 0.1, 0.9].flatMap((p) => [1 - p, p, 0, 0]), // A, B; A, B
  );
  const labels = { names: ['B', 'A'], states: Uint8Array.of(1, 1, 0, 2) };
  const fit = fitCalibration(
    { probabilities, labels },
    ['A', 'B'],
    [of(true, 1), of(null, 100), of(false, -1)],
  );
  const { A, B } = fit.findings!;
  expect(A.threshold).toBeCloseTo(0.5, 6); // half way from 0.9 to 0.1
  expect(B.threshold).toBeCloseTo(0.05, 6); // F1 2/3 with both
  // Platt's targets 2/3 and 1/3: σ(slope · ln 9) = 2/3
  expect(A.slope).toBeCloseTo(Math.log(2) / Math.log(9), 6);
  expect(A.intercept).toBeCloseTo(0, 6);
  expect(B.slope).toBe(0);
  expect(calibratedFinding('A', 0.9, fit)).toBeCloseTo(2 / 3, 6);
  expect(calibratedFinding('B', 0.9, fit)).toBeCloseTo(0.5, 6);
  // Platt's targets 2/3 and 1/3: σ(slope) = 2/3, the sentence without labels left out
  expect(fit.sentences!.slope).toBeCloseTo(Math.log(2), 6);
  expect(sentenceRight(1, fit)).toBeCloseTo(2 / 3, 6);
  const findings = { names: ['A'], positive: [0.9] };
  const confidence = confidenceOf({ report, words, findings }, fit);
  expect(confidence.calibrated).toEqual({ sentences: true, findings: true });
  expect(confidence.findings![0].finding).toBe('A');
  expect(confidence.findings![0].probability).toBeCloseTo(2 / 3, 6);
  const [effusion, , study] = confidence.sentences;
  expect(effusion.word).toBeCloseTo(Math.exp(-1), 6);
  expect(effusion.right).toBeCloseTo(1 / 3, 6);
  expect(study.right).toBeNull();
});

it('says nothing without calibration', () => {
  expect(fitCalibration(null, [], [])).toEqual({ findings: null, sentences: null });
  expect(calibratedFinding('A', 0.9, null)).toBe(0.9);
  const confidence = confidenceOf({ report, words, findings: null }, null);
  expect(confidence.sentences.map(({ right }) => right)).toEqual([null, null, null, null]);
  expect(confidence).toMatchObject({ findings: null, calibrated: { sentences: false, findings: false } });
});

it('finds labels by name', () => {
  const labels = { names: ['B', 'A'], states: Uint8Array.of(0, 1, 1, 2) };
  expect(positiveTruth(labels, ['A', 'B'])).toEqual([true, false, false, true]);
});
