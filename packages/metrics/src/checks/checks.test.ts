import { describe, expect, it } from 'vitest';
import { measure } from '../measure';
import { pairReports } from '../pairs';
import { lateralityContradictions, lateralityRate } from './laterality';
import { findMeasurements, measurementRate } from './measurements';
import { priorExamRate, priorExamSentences } from './prior-exam';

describe('prior exams', () => {
  const compares = [
    'Compared to the prior study, the effusion is larger.',
    'Heart size is stable.',
    'The lungs are unchanged.',
    'There has been interval removal of the tube.',
    'No interval change.',
    'Again noted is a left effusion.',
    'The opacity has resolved since the previous radiograph.',
    'Persistent left basilar atelectasis.',
    'No significant change in the chest.',
  ];
  const doesNot = [
    'The heart is enlarged.',
    'No prior studies for comparison.',
    'Comparison none.',
    'Prior granulomatous disease.',
    'Status post median sternotomy.',
    'Degenerative changes of the spine.',
    'Old right rib fracture.',
    'Increased interstitial markings.',
    '',
  ];
  for (const text of compares) it(text, () => expect(priorExamSentences(text)).toHaveLength(1));
  for (const text of doesNot) it(text, () => expect(priorExamSentences(text)).toEqual([]));

  it('is a rate of sentences and of reports, whatever the reference says', () => {
    const pairs = pairReports(['Stable.', ''], ['Heart is normal. Lungs unchanged.', 'Clear.']);
    const { corpus, perReport } = measure(priorExamRate(), pairs);
    expect(corpus).toEqual({ 'prior-exam/sentence': 1 / 3, 'prior-exam/report': 0.5 });
    expect(perReport[0]).toEqual({ 'prior-exam/sentence': 0.5, 'prior-exam/report': 1 });
  });
});

describe('measurements', () => {
  it('reads sizes and volumes in one unit each', () => {
    const values = (text: string) => findMeasurements(text).map(({ value, unit }) => `${value} ${unit}`);
    expect(values('a 3 x 4.5 cm mass, an 8-mm nodule, 500 cc')).toEqual(['30 mm', '45 mm', '8 mm', '500 ml']);
    expect(values('2 views, T12, 50 %, 3 ribs, 1.2 centimeters')).toEqual(['12 mm']);
  });

  it('counts those that the reference does not give', () => {
    const pairs = pairReports(
      ['A 12 mm nodule.', 'Nodule.'],
      ['A 1.2 cm nodule.', 'A 5 mm nodule, 2 cm mass.'],
    );
    const { corpus } = measure(measurementRate(), pairs);
    expect(corpus).toEqual({ 'measurement/mention': 2 / 3, 'measurement/report': 0.5 });
    expect(measure(measurementRate(), pairReports(['a'], ['b'])).corpus['measurement/mention']).toBe(0);
  });
});

describe('laterality', () => {
  const contradictory = [
    'Left pleural effusion. There is no left pleural effusion.',
    'Right pneumothorax is seen. No pneumothorax.',
    'Bilateral pleural effusions. No right pleural effusion.',
  ];
  const consistent = [
    'Left pleural effusion. There is no right pleural effusion.',
    'Small left pleural effusion. No large pleural effusion.',
    'Right pneumothorax. No pleural effusion.',
    'Possible left pleural effusion. No pleural effusion.',
    'No left pleural effusion. No pneumothorax.',
  ];
  for (const text of contradictory) it(text, () => expect(lateralityContradictions(text)).toHaveLength(1));
  for (const text of consistent) it(text, () => expect(lateralityContradictions(text)).toEqual([]));

  it('is a rate', () => {
    const { corpus } = measure(lateralityRate(), pairReports(['', ''], [contradictory[0]!, consistent[0]!]));
    expect(corpus).toEqual({ 'laterality/finding': 0.5, 'laterality/report': 0.5 });
  });
});
