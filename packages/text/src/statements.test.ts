import { describe, expect, it } from 'vitest';
import { closeItems, splitStatements } from './index';

// Read by hand: [text, its statements].
const cases: [string, ...string[]][] = [
  ['The heart is large. Lungs are clear.', 'The heart is large', 'Lungs are clear'],
  ['lungs are clear . no effusion .', 'lungs are clear', 'no effusion'],
  ['A 2.5 cm nodule.No effusion.', 'A 2.5 cm nodule', 'No effusion'],
  ['Atelectasis vs. pneumonia, e.g. at the base.', 'Atelectasis vs. pneumonia, e.g. at the base'],
  ['Seen by Dr. Smith. Approx. 3 cm.', 'Seen by Dr. Smith', 'Approx. 3 cm'],
  ['Effusions bilat. No edema.', 'Effusions bilat', 'No edema'],
  ['- No effusion\n- Mild edema', 'No effusion', 'Mild edema'],
  ['1) No effusion 2) Edema (image 2) at the base', 'No effusion', 'Edema (image 2) at the base'],
  ['1. No effusion\n2. Mild edema', 'No effusion', 'Mild edema'],
  ['No effusion – mild edema', 'No effusion', 'mild edema'],
  ['No effusion | mild edema\tclear lungs', 'No effusion', 'mild edema', 'clear lungs'],
  ['Lungs: clear Heart: enlarged', 'Lungs: clear', 'Heart: enlarged'],
  ['lungs: clear heart: enlarged', 'lungs: clear', 'heart: enlarged'],
  ['Effusion, edema: none', 'Effusion, edema: none'],
  ['No effusion\nMild edema', 'No effusion', 'Mild edema'],
  ['no effusion\nmild edema', 'no effusion', 'mild edema'],
  // Folded lines stay one sentence.
  [
    'There is no focal\nconsolidation. The heart is\nlarge.',
    'There is no focal consolidation',
    'The heart is large',
  ],
  ['Tip of the right\nIJ catheter in the\nSVC.', 'Tip of the right IJ catheter in the SVC'],
  [
    'THE LUNGS ARE CLEAR AND THERE IS NO EVIDENCE OF\nPNEUMOTHORAX.',
    'THE LUNGS ARE CLEAR AND THERE IS NO EVIDENCE OF PNEUMOTHORAX',
  ],
  ['PTX? No. Effusion? Yes.', 'PTX: No', 'Effusion: Yes'],
  ['Effusion | none\nEdema - yes', 'Effusion: none', 'Edema: yes'],
  ['[x] Effusion\n[ ] Edema', 'Effusion: yes', 'Edema: no'],
  ['☑ Effusion ☐ Edema', 'Effusion: yes', 'Edema: no'],
  ['Effusion: [ ] yes [x] no', 'Effusion: no'],
  ['Left effusion? No edema.', 'Left effusion?', 'No edema'],
  ['?pneumonia', '?pneumonia'],
  ['**Lungs:** clear<br>no effusion', 'Lungs: clear', 'no effusion'],
  // Plus and minus as answers.
  ['+ effusion\n- pneumothorax\n- no edema', 'effusion', 'no pneumothorax', 'no edema'],
  ['- effusion\n- pneumothorax', 'effusion', 'pneumothorax'],
  ['(-) effusion, (+) edema', 'no effusion; edema'],
  ['Effusion (-), edema (+)', 'Effusion (no), edema (yes)'],
  ['Effusion +\nEdema -', 'Effusion: yes', 'Edema: no'],
  ['- effusion, + nodule', 'no effusion; nodule'],
  ['Effusion ++, edema -', 'Effusion: yes,', 'edema: no'],
  ['Effusion +/- atelectasis', 'Effusion +/- atelectasis'],
  ['No consol., eff./ptx.', 'No consol., eff./ptx'],
  ['Heart size (normal/enlarged): enlarged', 'Heart size: enlarged'],
  ['Edema?\tNo', 'Edema: No'],
  ['Enlarged heart: Yes', 'Enlarged heart: Yes'],
  ['### Heart\nNormal in size.', 'Heart: Normal in size'],
  ['---\n12.\n'],
];

describe('splitStatements', () => {
  it.each(cases)('%j', (text, ...statements) => {
    expect(splitStatements(text)).toEqual(statements);
  });
});

it.each([
  ['- No effusion\n- Mild edema', 'No effusion. Mild edema.'],
  ['Chest:\n1) No effusion\n  or edema\n2) Scoliosis.', 'Chest: No effusion or edema. Scoliosis.'],
  ['1. No effusion.\n2. Mild edema.', '1. No effusion.\n2. Mild edema.'],
  ['No effusion. T12 - L1 fusion.', 'No effusion. T12 - L1 fusion.'],
])('closeItems %j', (text, closed) => expect(closeItems(text)).toBe(closed));
