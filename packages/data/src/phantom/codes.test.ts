import { Random } from '@raca/core/random';
import { expect, it } from 'vitest';
import { studyFromCodes } from './codes';

/** `kind side lobe degree` of each finding, without what is not set. */
function drawn(codes: string[], text = ''): string[] {
  const { findings } = studyFromCodes(codes, text, new Random(3));
  return findings
    .map(({ kind, side, lobe, degree, device }) =>
      [device ?? kind, side, lobe, degree].filter(Boolean).join(' '),
    )
    .sort();
}

it('reads codes with side, place and degree', () => {
  expect(drawn(['Cardiomegaly/mild'])).toEqual(['cardiomegaly 1']);
  expect(drawn(['Opacity/lung/apex/left/irregular'])).toEqual(['opacity left upper 2']);
  expect(drawn(['Pleural Effusion/bilateral/small'])).toEqual(['effusion left 1', 'effusion right 1']);
  expect(drawn(['Pneumothorax/apex/right/large'])).toEqual(['pneumothorax right 3']);
  expect(drawn(['Pulmonary Atelectasis/base/left', 'Calcified Granuloma/lung/hilum/right'])).toEqual([
    'atelectasis left lower 2',
    'nodule right middle 2',
  ]);
  expect(drawn(['Catheters, Indwelling/right'])).toEqual(['central line right 2']);
  expect(drawn(['normal'], 'Large left pleural effusion.')).toEqual([]); // codes win
});

it('reads text where there are no codes, with negation', () => {
  const text =
    'The heart is moderately enlarged. No pneumothorax or effusion. There is a small right pleural effusion. ' +
    'Lungs are free of consolidation but there is left basilar atelectasis. Right lower lobe mass.';
  expect(drawn([], text)).toEqual([
    'atelectasis left lower 2',
    'cardiomegaly 2',
    'effusion right 1',
    'mass right lower 2',
  ]);
  expect(drawn(['No Indexing'], 'Left chest tube.')).toEqual(['chest tube left 2']);
  expect(drawn([], 'Heart size normal. Lungs clear. No nodules or masses.')).toEqual([]);
});

it('turns low volumes into a shallow breath, and gives the rest of the body by seed', () => {
  const low = studyFromCodes(['Lung/hypoinflation'], '', new Random(3));
  const normal = studyFromCodes(['normal'], '', new Random(3));
  expect(low.inspiration).toBeLessThan(-0.5);
  expect(normal.inspiration).toBeGreaterThanOrEqual(-0.2);
  expect(low.habitus).toEqual(normal.habitus);
  expect(studyFromCodes(['Mass/lung/left'], '', new Random(3))).toEqual(
    studyFromCodes(['Mass/lung/left'], '', new Random(3)),
  );
});
