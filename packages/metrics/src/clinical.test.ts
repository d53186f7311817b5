import { expect, it } from 'vitest';
import { clinicalF1 } from './clinical';
import { CHEXPERT_14, type ReportLabels } from './labels/classes';
import { measure } from './measure';
import { pairReports } from './pairs';

/** Labels written out: "Edema+ Fracture?" is Edema 1, Fracture -1. */
const labeler = (text: string): ReportLabels =>
  Object.fromEntries(
    text
      .split(';')
      .filter(Boolean)
      .map((item) => [item.slice(0, -1), { '+': 1, '?': -1, '-': 0 }[item.at(-1)!]]),
  );

// Edema: hit, miss. Pneumonia: false alarm. Cardiomegaly: hit. Fracture: uncertain in both.
const pairs = pairReports(
  ['Edema+;Fracture?', 'Edema+;Cardiomegaly+'],
  ['Edema+;Pneumonia+;Fracture?', 'Cardiomegaly+;Edema-'],
);

it('averages as worked by hand, uncertain as negative', () => {
  const { corpus, perReport } = measure(clinicalF1({ labeler }), pairs);
  // 2 true positives (Edema, Cardiomegaly), 1 false positive (Pneumonia), 1 false negative (Edema).
  expect(corpus['clinical/micro/precision/14']).toBeCloseTo(2 / 3, 12);
  expect(corpus['clinical/micro/recall/14']).toBeCloseTo(2 / 3, 12);
  expect(corpus['clinical/micro/f1/14']).toBeCloseTo(2 / 3, 12);
  // Edema: precision 1, recall 1/2, F1 2/3. Cardiomegaly 1, 1, 1. The other twelve 0.
  expect(corpus['clinical/macro/precision/14']).toBeCloseTo(2 / 14, 12);
  expect(corpus['clinical/macro/recall/14']).toBeCloseTo(1.5 / 14, 12);
  expect(corpus['clinical/macro/f1/14']).toBeCloseTo(5 / 3 / 14, 12);
  expect(corpus['clinical/macro/f1/5']).toBeCloseTo(5 / 3 / 5, 12);
  // First report: 1 hit, 1 false alarm; second: 1 hit, 1 miss. Both F1 2/3.
  expect(perReport.map((scores) => scores['clinical/example/f1/14'])).toEqual([2 / 3, 2 / 3]);
  expect(corpus['clinical/example/precision/14']).toBeCloseTo(0.75, 12);
  expect(corpus['clinical/example/recall/14']).toBeCloseTo(0.75, 12);
  // Pneumonia is not among the five: 2 hits, 1 miss.
  expect(corpus['clinical/micro/precision/5']).toBe(1);
  expect(corpus['clinical/micro/recall/5']).toBeCloseTo(2 / 3, 12);
  expect(corpus['clinical/support/Edema']).toBe(2);
  expect(corpus['clinical/predicted/Edema']).toBe(1);
  expect(corpus['clinical/class/recall/Edema']).toBe(0.5);
  expect(corpus['clinical/support/Fracture']).toBe(0);
});

it('counts uncertain as positive when asked, under other keys', () => {
  const { corpus } = measure(clinicalF1({ labeler, uncertain: 'positive' }), pairs);
  expect(corpus['clinical/support/Fracture+uncertain']).toBe(1);
  expect(corpus['clinical/micro/f1/14+uncertain']).toBeCloseTo(6 / 8, 12); // one hit more
  expect(corpus).not.toHaveProperty('clinical/micro/f1/14');
});

it('labels real text by the rules', () => {
  const { corpus } = measure(
    clinicalF1(),
    pairReports(
      ['Small left effusion.', 'Lungs are clear.'],
      ['Left pleural effusion.', 'No acute disease.'],
    ),
  );
  expect(corpus['clinical/micro/f1/14']).toBe(1);
  expect(corpus['clinical/macro/f1/14']).toBeCloseTo(2 / CHEXPERT_14.length, 12);
});
