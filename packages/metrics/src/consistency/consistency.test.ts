import { describe, expect, it } from 'vitest';
import { measure } from '../measure';
import { pairReports } from '../pairs';
import { readGolden } from '../testing/golden';
import { attributesByFinding, commonAttributes } from './attribute-words';
import { alike, overlap, type StudyWords, studyConsistency } from './consistency';
import { consistencyMetric, iconConsistency } from './icon';

interface Study {
  id: string;
  findings: Record<string, string>;
  reference_words: string[];
  generated_words: string[];
}
interface Golden {
  attribute_words: string[];
  pairs: {
    name: string;
    a: Study;
    b: Study;
    expected: {
      finding_overlap: number;
      attribute_overlap: number;
      counted: boolean;
      consistency: number | null;
    };
  }[];
  corpus: {
    studies: Study[];
    expected: {
      anchors: { id: string; partners: number; consistency: number; own_overlap: number }[];
      consistency: number;
      reference_consistency: number;
    };
  };
}

const golden = readGolden<Golden>('icon-consistency');
const known = new Set(golden.attribute_words);
const attributes = (words: string[]) => new Set(words.filter((word) => known.has(word)));
const wordsOf = ({ findings, reference_words, generated_words }: Study): StudyWords => ({
  findings: new Set(
    Object.keys(findings).filter((name) => findings[name] !== 'negative' && name !== 'No Finding'),
  ),
  reference: attributes(reference_words),
  generated: attributes(generated_words),
});

describe('reference values', () => {
  it.each(golden.pairs)('$name', ({ a, b, expected }) => {
    const [x, y] = [wordsOf(a), wordsOf(b)];
    expect(overlap(x.findings, y.findings)).toBeCloseTo(expected.finding_overlap, 12);
    expect(overlap(x.reference, y.reference)).toBeCloseTo(expected.attribute_overlap, 12);
    expect(alike(x, y)).toBe(expected.counted);
    const [first] = studyConsistency([x, y]);
    if (expected.consistency === null) expect(first).toBeNull();
    else expect(first!.consistency).toBeCloseTo(expected.consistency, 12);
  });

  it('a corpus', () => {
    const { studies, expected } = golden.corpus;
    const words = studies.map(wordsOf);
    const measured = studyConsistency(words);
    studies.forEach(({ id }, i) => {
      const anchor = expected.anchors.find((one) => one.id === id);
      if (!anchor) expect(measured[i], id).toBeNull();
      else {
        expect(measured[i]!.partners).toBe(anchor.partners);
        expect(measured[i]!.consistency).toBeCloseTo(anchor.consistency, 12);
        expect(measured[i]!.own).toBeCloseTo(anchor.own_overlap, 12);
      }
    });
    const texts = studies.map(() => '');
    const pairs = pairReports(
      texts,
      texts,
      studies.map(({ id }) => id),
    );
    const { corpus, perReport } = measure(consistencyMetric(pairs, words), pairs);
    expect(corpus['icon-consistency/rules']).toBeCloseTo(expected.consistency, 12);
    expect(corpus['icon-consistency/rules/reference']).toBeCloseTo(expected.reference_consistency, 12);
    expect(corpus['icon-consistency/support/studies']).toBe(3);
    expect(perReport[3]!['icon-consistency/rules']).toBeNaN(); // nothing positive
  });
});

describe('from texts', () => {
  const E = 'Small left pleural effusion.';

  it('takes the words that modify something in positive sentences', () => {
    const found = attributesByFinding(`${E} No large pneumothorax.`);
    expect([...found.keys()]).toEqual(['Pleural Effusion']);
    expect(found.get('Pleural Effusion')).toEqual(expect.arrayContaining(['small', 'left']));
    expect(found.get('Pleural Effusion')).not.toContain('large');
  });

  it('keeps the commonest words of each finding', () => {
    const reports = [['a', 'b'], ['a'], ['b', 'c']].map((words) => new Map([['Edema', words]]));
    expect([...commonAttributes(reports, 2)]).toEqual(['a', 'b']);
  });

  it('is 1 where reports of like studies agree, and lower where one differs', () => {
    const of = (texts: string[]) =>
      measure(iconConsistency(), pairReports([E, E, 'Lungs are clear.'], texts)).corpus;
    expect(of([E, E, ''])['icon-consistency/rules']).toBe(1);
    expect(of([E, 'Large right pleural effusion.', ''])['icon-consistency/rules']).toBeLessThan(1);
    expect(of([E, E, ''])['icon-consistency/support/studies']).toBe(2);
  });

  it('says which study is not of the set', () => {
    const metric = iconConsistency().over(pairReports([E], [E]));
    expect(() => metric.sums({ id: 'x', reference: E, hypothesis: E })).toThrow('got "x"');
  });
});
