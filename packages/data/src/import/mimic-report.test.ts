import { editDistance, partOf } from '@raca/text';
import { describe, expect, it } from 'vitest';
import { parseMimicReport } from './mimic-report';

/** Made-up reports in the layout of MIMIC-CXR. */
const report = (...lines: string[]) =>
  ['                                 FINAL REPORT', ...lines, ''].join('\n');
const parsed = (...lines: string[]) => parseMimicReport(report(...lines));

describe('parseMimicReport', () => {
  it('reads an ordinary report', () => {
    const { sections, remarks } = parsed(
      ' EXAMINATION:  CHEST (PA AND LAT)',
      ' ',
      ' INDICATION:  ___ year old with cough  // pneumonia?',
      ' ',
      ' TECHNIQUE:  Chest PA and lateral',
      ' ',
      ' COMPARISON:  ___',
      ' ',
      ' FINDINGS: ',
      ' ',
      ' The heart is large.',
      ' Lungs: clear  on both sides.',
      ' ',
      ' No effusion.',
      ' ',
      ' IMPRESSION: ',
      ' ',
      ' 1.  Large heart.',
    );
    expect(sections).toEqual({
      findings: 'The heart is large. Lungs: clear on both sides. No effusion.',
      impression: '1. Large heart.',
      indication: '___ year old with cough // pneumonia?',
      comparison: '___',
      technique: 'Chest PA and lateral',
    });
    expect(remarks).toEqual([]);
  });

  it('knows headers in other spelling', () => {
    for (const header of ['FINIDNGS', 'FINDNGS', 'Findings', 'FINDING', 'CHEST FINDINGS'])
      expect(parsed(`${header}: Clear.`, '', 'IMPRESSION: Well.').sections, header).toEqual({
        findings: 'Clear.',
        impression: 'Well.',
      });
    for (const header of ['IMPRESSON', 'IMPRSSION', 'IMPERSSION', 'CONCLUSION', 'Impression', 'OPINION'])
      expect(parsed('FINDINGS: Clear.', '', `${header}: Well.`).sections, header).toEqual({
        findings: 'Clear.',
        impression: 'Well.',
      });
    expect(parsed('FINDNGS: Clear.').remarks).toEqual(['misspelt or other header']);
    expect(partOf('REASON FOR EXAMINATION')).toBe('indication');
    expect(partOf('COMPARISION')).toBe('comparison');
    expect(partOf('RECOMMENDATION(S)')).toBe('aside');
    expect(partOf('COMPRESSION')).toBeUndefined();
    expect(editDistance('FINIDNGS', 'FINDINGS')).toBe(1);
    expect(editDistance('KITTEN', 'SITTING')).toBe(3); // Levenshtein's own example
  });

  it('joins sections that come twice', () => {
    const { sections, remarks } = parsed(
      'FINDINGS: One.',
      '',
      'IMPRESSION: A.',
      '',
      'FINDINGS: Two.',
      '',
      'IMPRESSION: B.',
    );
    expect(sections).toEqual({ findings: 'One. Two.', impression: 'A. B.' });
    expect(remarks).toEqual(['several findings sections', 'several impressions']);
  });

  it('takes FINDINGS AND IMPRESSION as findings', () => {
    for (const header of [
      'FINDINGS AND IMPRESSION',
      'FINDINGS/IMPRESSION',
      'IMPRESSION AND FINDINGS',
      'Findings and impression',
    ]) {
      const { sections, remarks } = parsed('INDICATION: Cough.', '', `${header}: Clear lungs.`);
      expect(sections, header).toEqual({ indication: 'Cough.', findings: 'Clear lungs.' });
      expect(remarks).toContain('findings and impression in one section');
    }
  });

  it('takes the last paragraph where there is no header', () => {
    const { sections, remarks } = parsed(
      'CHEST RADIOGRAPH, TWO VIEWS',
      '',
      'HISTORY: Fall.',
      '',
      'First words.',
      '',
      'Lungs are',
      'clear.',
    );
    expect(sections).toEqual({ indication: 'Fall.', untitled: 'Lungs are clear.' });
    expect(remarks).toEqual(['no header of findings or impression: last paragraph']);
    expect(parsed('AP CHEST, 5:32 A.M., ON ___:', '', 'No change.').sections).toEqual({
      untitled: 'No change.',
    });
    expect(
      parsed(
        'COMPARISON: ___.',
        '',
        'No change.',
        '',
        'The study and the report were reviewed by the staff radiologist.',
      ).sections,
    ).toEqual({ comparison: '___.', untitled: 'No change.' });
  });

  it('finds nothing in a comparison alone', () => {
    const { sections, remarks } = parsed('INDICATION: Cough.', '', 'COMPARISON: Chest from ___.');
    expect(sections).toEqual({ indication: 'Cough.', comparison: 'Chest from ___.' });
    expect(remarks).toEqual(['no text besides indication, technique and comparison']);
  });

  it('leaves wet reads out, unless there is nothing else', () => {
    const wet = [' WET READ: ___ ___ 5:12 AM', '  Maybe an effusion.', ' ______________________________'];
    const both = parseMimicReport([...wet, report('FINDINGS: No effusion.')].join('\n'));
    expect(both).toEqual({ sections: { findings: 'No effusion.' }, remarks: ['wet read'] });
    const after = parsed('FINDINGS: No effusion.', '', ...wet);
    expect(after.sections).toEqual({ findings: 'No effusion.' });
    expect(parseMimicReport(wet.join('\n'))).toEqual({
      sections: { untitled: 'Maybe an effusion.' },
      remarks: ['wet read', 'wet read only'],
    });
  });

  it('keeps addenda apart', () => {
    const before = [
      ' FINAL ADDENDUM',
      ' ADDENDUM:  Rib fracture seen on review.',
      ' ______________________________',
    ];
    expect(
      parseMimicReport([...before, report('FINDINGS: Clear.', '', 'IMPRESSION: Well.')].join('\n')),
    ).toEqual({
      sections: { findings: 'Clear.', impression: 'Well.', addendum: 'Rib fracture seen on review.' },
      remarks: ['addendum'],
    });
    expect(parsed('FINDINGS: Clear.', '', 'ADDENDUM: A nodule.').sections).toEqual({
      findings: 'Clear.',
      addendum: 'A nodule.',
    });
  });

  it('ends sections at notes and goes on at headings', () => {
    expect(
      parsed(
        'FINDINGS:',
        'CHEST: Clear.',
        'LINES AND TUBES: None.',
        '',
        'IMPRESSION: Well.',
        '',
        'NOTIFICATION: Dr. ___ was told.',
        '',
        'RECOMMENDATION(S): CT.',
      ).sections,
    ).toEqual({ findings: 'CHEST: Clear. LINES AND TUBES: None.', impression: 'Well.' });
  });

  it('finds a header inside a line', () => {
    expect(parsed('FINDINGS: Lungs are clear. IMPRESSION: Well.')).toEqual({
      sections: { findings: 'Lungs are clear.', impression: 'Well.' },
      remarks: ['header inside a line'],
    });
  });

  it('reads empty sections and texts, and other line ends', () => {
    expect(parsed('FINDINGS:', '', 'IMPRESSION: Well.').sections).toEqual({ impression: 'Well.' });
    expect(parseMimicReport('').sections).toEqual({});
    expect(parseMimicReport('FINAL REPORT\r\nFINDINGS: Clear.\r\nWell.\r\n').sections).toEqual({
      findings: 'Clear. Well.',
    });
  });

  it('takes time in line with the length of hostile text', () => {
    const long = 'A'.repeat(200_000);
    const dots = '. '.repeat(50_000);
    expect(parseMimicReport(`${long}\n${dots}\n${'A '.repeat(100_000)}:`).sections.untitled).toBeDefined();
  });
});
