import { expect, it } from 'vitest';
import { compareFindings } from './compare-findings';

const generated = [
  'The heart is enlarged.',
  'There is a left pleural effusion.',
  'No pneumothorax.',
  'No […] edema.',
];
const reference = ['Cardiomegaly.', 'Small right pneumothorax.', 'No effusion.', 'Possible pneumonia.'];

it('tells right, wrong and missed findings, of the report and of each sentence', () => {
  const compared = compareFindings(generated, reference);
  expect(compared.findings).toEqual([
    { finding: 'Cardiomegaly', kind: 'right' },
    { finding: 'Pneumothorax', kind: 'missed' },
    { finding: 'Pleural Effusion', kind: 'wrong' },
  ]);
  expect(compared.generated).toEqual([
    [{ finding: 'Cardiomegaly', kind: 'right' }],
    [{ finding: 'Pleural Effusion', kind: 'wrong' }],
    [{ finding: 'Pneumothorax', kind: 'missed' }], // denied, although it is there
    [],
  ]);
  expect(compared.reference).toEqual([
    [{ finding: 'Cardiomegaly', kind: 'right' }],
    [{ finding: 'Pneumothorax', kind: 'missed' }],
    [],
    [],
  ]);
});

it('counts No Finding as the score does', () => {
  const { findings } = compareFindings(['The lungs are clear.'], ['Cardiomegaly.']);
  expect(findings).toEqual([
    { finding: 'No Finding', kind: 'wrong' },
    { finding: 'Cardiomegaly', kind: 'missed' },
  ]);
});

it('judges nothing without a reference', () => {
  expect(compareFindings(['Cardiomegaly.', 'No effusion.'], null)).toEqual({
    findings: [{ finding: 'Cardiomegaly', kind: 'said' }],
    generated: [[{ finding: 'Cardiomegaly', kind: 'said' }], []],
    reference: [],
  });
});
