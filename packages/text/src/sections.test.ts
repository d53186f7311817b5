import { describe, expect, it } from 'vitest';
import { readSections, selectSections } from './index';

const parts = (text: string) => readSections(text).map((section) => [section.part, section.text]);

// Read by hand.
const cases: [string, ...[part: string, text: string][]][] = [
  ['Lungs: clear.', ['untitled', 'Lungs: clear.']],
  ['INDICATION: cough. FINDINGS: Clear.', ['indication', 'cough.'], ['findings', 'Clear.']],
  ['Clinical history: cough\nLungs are clear.', ['indication', 'cough'], ['untitled', 'Lungs are clear.']],
  [
    'HISTORY: fever, evaluate for\npneumonia.\nFINDINGS: clear',
    ['indication', 'fever, evaluate for\npneumonia.'],
    ['findings', 'clear'],
  ],
  ['No edema IMPRESSION: Effusion', ['untitled', 'No edema'], ['impression', 'Effusion']],
  ['NO EDEMA IMPRESSION: EFFUSION', ['untitled', 'NO EDEMA'], ['impression', 'EFFUSION']],
  ['FINDINGS\nNo edema\nIMPRESSION\nEffusion', ['findings', 'No edema'], ['impression', 'Effusion']],
  ['## Findings\nEdema', ['findings', 'Edema']],
  ['TECHNIQUE: AP view. The heart is large.', ['technique', 'AP view.'], ['untitled', 'The heart is large.']],
  ['COMPARISON: None.\n\nThe heart is large.', ['comparison', 'None.'], ['untitled', 'The heart is large.']],
  ['Findings and impression: edema', ['both', 'edema']],
  ['Dx: pneumonia. FINDINGS: clear', ['indication', 'pneumonia.'], ['findings', 'clear']],
  ['FINDINGS: effusion. Diagnosis: CHF', ['findings', 'effusion.'], ['impression', 'CHF']],
  ['Clinical concern: edema. Result: clear', ['indication', 'edema.'], ['findings', 'clear']],
  ['Rule out edema.\nFINDINGS: clear', ['indication', 'Rule out edema.'], ['findings', 'clear']],
  ['[FINDINGS] clear [IMPRESSION] normal', ['findings', 'clear'], ['impression', 'normal']],
  ['Indication - edema. Findings - clear', ['indication', 'edema.'], ['findings', 'clear']],
  ['Preliminary report: edema. FINAL REPORT: clear', ['aside', 'edema.'], ['findings', 'clear']],
  ['Negative findings: edema', ['untitled', 'Negative findings: edema']],
  ['Prior pneumothorax: resolved', ['untitled', 'Prior pneumothorax: resolved']],
  ['Compared with prior study: larger.', ['untitled', 'Compared with prior study: larger.']],
];

describe('readSections', () => {
  it.each(cases)('%j', (text, ...sections) => expect(parts(text)).toEqual(sections));

  it('an empty report has none', () => expect(parts(' \n')).toEqual([]));
});

describe('selectSections', () => {
  const report = 'INDICATION: cough. FINDINGS: Clear. IMPRESSION: Normal.';

  it('takes what is reported by default, or what is named', () => {
    expect(selectSections(report)).toBe('Clear.\n\nNormal.');
    expect(selectSections(report, ['impression'])).toBe('Normal.');
    expect(selectSections(report, ['indication', 'findings'])).toBe('cough.\n\nClear.');
    expect(selectSections(report, 'all')).toBe(report);
    expect(selectSections('Clear.', ['findings'])).toBe('');
    expect(selectSections('FINDINGS AND IMPRESSION: Clear.', ['impression'])).toBe('Clear.');
  });
});
