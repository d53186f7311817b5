import { describe, expect, it } from 'vitest';
import {
  bleu,
  FINDING_HEADINGS,
  HEADING_OF_REGION,
  headingOf,
  parseStructured,
  printStructured,
  type StructuredReport,
  sectionScores,
  structureFindings,
} from '../index';

const report: StructuredReport = {
  sections: { History: 'Cough.', Comparison: 'None.' },
  findings: {
    'Lungs and Airways': ['Clear lungs.', 'No nodule.'],
    Pleura: ['No effusion.'],
    'Tubes, Catheters, and Support Devices': ['Right PICC line.'],
  },
  impression: ['No acute disease.', 'Line in place.'],
};
const text = `History: Cough.
Comparison: None.
Findings:
Lungs and Airways:
- Clear lungs.
- No nodule.
Pleura:
- No effusion.
Tubes, Catheters, and Support Devices:
- Right PICC line.
Impression:
1. No acute disease.
2. Line in place.`;

describe('structured reports', () => {
  it('print and read back', () => {
    expect(printStructured(report)).toBe(text);
    expect(parseStructured(text)).toEqual(report);
    expect(parseStructured('')).toEqual({ sections: {}, findings: {}, impression: [] });
  });

  it('are read as models write them', () => {
    const loose = `**FINDINGS:**
Heart is big.
**lungs and airways**
• Clear
  on both sides.
Pleura: No effusion.
Soft tissues:
* Normal.

impression: Fine.
Really.`;
    expect(parseStructured(loose)).toEqual({
      sections: {},
      findings: {
        Other: ['Heart is big.', 'Soft tissues: Normal.'],
        'Lungs and Airways': ['Clear on both sides.'],
        Pleura: ['No effusion.'],
      },
      impression: ['Fine. Really.'],
    });
  });

  it('are made of sentences and the regions they speak of', () => {
    const sentences = [
      'The heart is big.',
      'Clear lungs and angles.',
      'A chest tube on the left.',
      'Normal.',
      ' ',
    ];
    const regions = [
      ['Heart'],
      ['Lung fields', 'Airways', 'Costophrenic angles'],
      ['Lung fields'],
      ['Unheard of'],
      [],
    ];
    expect(structureFindings(sentences, regions).findings).toEqual({
      Cardiovascular: ['The heart is big.'],
      'Lungs and Airways': ['Clear lungs and angles.'],
      'Tubes, Catheters, and Support Devices': ['A chest tube on the left.'],
      Other: ['Normal.'],
    });
    expect(headingOf('x', ['Heart', 'Costophrenic angles'])).toBe('Pleura'); // one each: the earlier heading
    expect(Object.keys(HEADING_OF_REGION)).toHaveLength(12);
    expect(Object.values(HEADING_OF_REGION).every((name) => FINDING_HEADINGS.includes(name))).toBe(true);
    expect(() => structureFindings(['a'], [])).toThrow(/each of 1 sentences, got 0/);
  });

  it('are scored by section, where either side has it', () => {
    const other: StructuredReport = {
      ...report,
      findings: { Pleura: ['No effusion.'], Abdominal: ['Normal.'] },
    };
    const none: StructuredReport = { sections: {}, findings: {}, impression: [] };
    const scores = sectionScores([report, none], [other, none], bleu());
    expect(scores.Pleura?.support).toBe(1);
    expect(scores.Pleura?.scores.BLEU_1).toBeCloseTo(1, 6);
    expect(scores['Lungs and Airways']?.scores.BLEU_1).toBeCloseTo(0, 6);
    expect(scores.Abdominal?.support).toBe(1);
    expect(scores).not.toHaveProperty('Cardiovascular');
    expect(() => sectionScores([report], [], bleu())).toThrow(/each of 1 references, got 0/);
  });
});
