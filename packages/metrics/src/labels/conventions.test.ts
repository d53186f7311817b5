import { describe, expect, it } from 'vitest';
import type { ChexpertClass, LabelValue } from './classes';
import { CODED_CONVENTION } from './conventions';
import { ADJACENT_UNCERTAINTIES, POST_UNCERTAINTIES, UNCERTAINTIES } from './cues';
import { labelReport, ruleLabeler } from './labeler';

const coded = ruleLabeler(CODED_CONVENTION);

// Read by hand: [text, class, CheXpert's value, the coders' value].
const cases: [string, ChexpertClass, LabelValue | undefined, LabelValue | undefined][] = [
  ['Left basilar atelectasis or scarring.', 'Atelectasis', -1, 1],
  ['Infiltrate versus atelectasis in the left base.', 'Atelectasis', -1, 1],
  ['Opacity which may represent atelectasis.', 'Atelectasis', -1, -1],
  ['Probable small effusion.', 'Pleural Effusion', -1, 1],
  ['Possible small effusion.', 'Pleural Effusion', -1, -1],
  ['Borderline heart size.', 'Cardiomegaly', -1, 1],
  ['The heart is enlarged.', 'Cardiomegaly', 1, 1],
  ['The cardiac silhouette is enlarged.', 'Cardiomegaly', 1, undefined],
  ['Pulmonary vascular congestion.', 'Edema', 1, undefined],
  ['Pulmonary vascular congestion with edema.', 'Edema', 1, 1],
  ['The left costophrenic angle is blunted.', 'Pleural Effusion', 1, undefined],
  ['Small pericardial effusion.', 'Pleural Effusion', undefined, 1],
  ['Nodular opacity in the right apex.', 'Lung Lesion', 1, undefined],
  ['Calcified nodule in the left lung.', 'Lung Lesion', undefined, 1],
  ['No pneumothorax.', 'Pneumothorax', 0, 0],
];

describe('conventions', () => {
  it.each(cases)('%s → %s: %s or %s', (text, label, chexpert, other) => {
    expect(labelReport(text)[label], 'chexpert').toBe(chexpert);
    expect(coded.labelReport(text)[label], 'coded').toBe(other);
  });

  it('a finding coded elsewhere still keeps a report from being No Finding', () => {
    expect(coded.labelReport('The cardiac silhouette is enlarged.')).toEqual({});
  });

  it('affirm only cues that exist', () => {
    expect([...UNCERTAINTIES, ...POST_UNCERTAINTIES, ...ADJACENT_UNCERTAINTIES]).toEqual(
      expect.arrayContaining([...CODED_CONVENTION.affirmed]),
    );
  });
});
