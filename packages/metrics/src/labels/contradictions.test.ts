import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findContradictions } from './contradictions';

describe('findContradictions', () => {
  it.each([
    [['Heart size is normal.', 'Lungs are clear.', 'Cardiomegaly is present.'], 'Cardiomegaly', 2, 0],
    [['There is a small left pleural effusion.', 'No pleural effusion.'], 'Pleural Effusion', 0, 1],
    [['No left effusion.', 'Bilateral pleural effusions.'], 'Pleural Effusion', 1, 0],
    [['The lungs are clear.', 'Right lower lobe consolidation.'], 'Consolidation', 1, 0],
    [['Left lung is clear.', 'There is a left upper lobe opacity.'], 'Lung Opacity', 1, 0],
    [['No acute fracture.', 'There is an acute rib fracture.'], 'Fracture', 1, 0],
    [['There is […] right pneumothorax.', 'No pneumothorax or […].'], 'Pneumothorax', 0, 1],
    [['There is no nodule.', 'Heart is normal.', 'A nodule is seen.'], 'Lung Lesion', 2, 0],
  ] as const)('finds it in %j', (sentences, label, affirmed, denied) => {
    expect(findContradictions(sentences)).toEqual([{ label, affirmed, denied }]);
  });

  it.each([
    [[]],
    [['Small left pleural effusion.', 'No right pleural effusion.']],
    [['Old left rib fracture.', 'No acute fracture.']],
    [['Small pleural effusion.', 'No large pleural effusion.']],
    [['There is a small pneumothorax.', 'No […] pneumothorax.']],
    [['Blunted costophrenic angle.', 'No effusion.']],
    [['Possible effusion.', 'No effusion.']],
    [['Left lung is clear.', 'There is a right upper lobe opacity.']],
    [['Lungs are otherwise clear.', 'There is a right upper lobe opacity.']],
    [['The lungs are clear of consolidation.', 'Streaky basilar opacity.']],
    [['A pacemaker is present.', 'No chest tube is seen.']],
    [['There is a calcified mass.', 'No nodule.']],
    [['Heart size is normal.', 'Heart size is normal.', 'No pneumothorax.']],
  ])('finds none in %j', (sentences) => {
    expect(findContradictions(sentences)).toEqual([]);
  });

  it('names each class once, by the first sentences', () => {
    const sentences = [
      'No effusion.',
      'Left effusion.',
      'Right effusion.',
      'No effusion.',
      'The heart is enlarged.',
    ];
    expect(findContradictions(sentences)).toEqual([{ label: 'Pleural Effusion', affirmed: 1, denied: 0 }]);
  });
});

const file = fileURLToPath(
  new URL('../../../../../shared/data/iu_predictions/references_tokenised.csv', import.meta.url),
);
it.skipIf(!existsSync(file))("finds none in radiologists' own reports (needs ../shared/data)", () => {
  const reports = readFileSync(file, 'utf8').trim().split(/\r?\n/).slice(1);
  const marked = reports.filter((row) => findContradictions(row.split(' . ')).length > 0);
  expect(reports.length).toBe(590);
  expect(marked).toEqual([]);
});
