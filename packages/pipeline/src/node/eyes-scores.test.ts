import { expect, it } from 'vitest';
import { eyesScores } from './eyes-scores';

it('equals a calculation by hand', () => {
  // two studies; states blank, positive, negative, uncertain
  const labels = { names: ['Edema', 'Fracture', 'Pneumonia'], states: Uint8Array.of(1, 0, 0, 2, 0, 1) };
  const certain = [0.1, 0.7, 0.1, 0.1];
  const blank = [0.5, 0.2, 0.2, 0.1];
  // the head knows two of the findings, in another order
  const probabilities = Float32Array.from([...blank, ...certain, ...blank, ...certain].flat());
  const scores = eyesScores({ probabilities, labels }, ['Pneumonia', 'Edema']);
  // truth: Pneumonia blank, positive; Edema positive, negative. Said positive: Edema twice
  expect(scores.loss).toBeCloseTo(-(Math.log(0.5) + Math.log(0.7) + Math.log(0.2) + Math.log(0.1)) / 4, 6);
  expect(scores.headMicroF1).toBeCloseTo(2 / (2 + 1 + 1), 12); // 1 hit, 1 too many, 1 missed
  expect(scores.headMacroF1).toBeCloseTo((0 + 2 / 3) / 2, 12);
});
