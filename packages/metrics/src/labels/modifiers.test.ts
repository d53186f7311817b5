import { expect, it } from 'vitest';
import { findMentions } from './labeler';

// Read by hand: [text, then label: side severity of each mention].
const cases: [string, ...string[]][] = [
  ['Small left pleural effusion.', 'Pleural Effusion: left mild'],
  ['There is a large right-sided pneumothorax.', 'Pneumothorax: right severe'],
  ['Moderate bilateral pleural effusions.', 'Pleural Effusion: bilateral moderate'],
  ['Mild to moderate pulmonary edema.', 'Edema: - moderate'],
  ['Bibasilar atelectasis.', 'Atelectasis: bilateral -'],
  ['The heart is mildly enlarged.', 'Cardiomegaly: - mild'],
  ['Severe cardiomegaly.', 'Cardiomegaly: - severe'],
  ['Consolidation in the right lower lobe.', 'Consolidation: right -'],
  ['The left base shows a consolidation.', 'Consolidation: left -'],
  ['Small pneumothorax on the left.', 'Pneumothorax: left mild'],
  ['The left pleural effusion is small.', 'Pleural Effusion: left mild'],
  ['Atelectasis and effusion on the left.', 'Atelectasis: left -', 'Pleural Effusion: left -'],
  ['Effusions, right greater than left.', 'Pleural Effusion: bilateral -'],
  [
    'Small left effusion and large right pneumothorax.',
    'Pleural Effusion: left mild',
    'Pneumothorax: right severe',
  ],
  ['No large left pleural effusion.', 'Pleural Effusion: left severe'],
  ['Lingular atelectasis.', 'Atelectasis: left -'],
  ['Pulmonary edema.', 'Edema: - -'],
];

it.each(cases)('%s', (text, ...expected) => {
  const read = findMentions(text).map(
    ({ label, side = '-', severity = '-' }) => `${label}: ${side} ${severity}`,
  );
  expect(read).toEqual(expected);
});
