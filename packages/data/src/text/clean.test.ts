import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAnnotation } from '../dataset';
import { cleanIu, cleanMimic, cleanReport, splitSentences, words } from './clean';
import { buildVocabulary, Tokenizer } from './tokenizer';

const shared = (path: string) => fileURLToPath(new URL(`../../../../../shared/${path}`, import.meta.url));
const golden = shared('golden/cleaners.json');
const references = shared('data/iu_predictions/references_tokenised.csv');
const annotation = shared('data/iu_xray/annotation.json');

describe('cleanReport', () => {
  // Worked by hand from the rules; the reference cases follow below.
  it('lowers, drops punctuation, joins sentences', () => {
    expect(cleanIu('Heart: normal! Lungs (both) clear.. 1. No effusion. 2. "Old" fracture.')).toBe(
      'heart normal lungs both clear . no effusion . old fracture .',
    );
  });

  it('joins lines for MIMIC only', () => {
    expect(cleanIu('Clear.\nNo mass.')).toBe('clear\nno mass .');
    expect(cleanMimic('Clear.\nNo ____ mass.')).toBe('clear . no  mass .');
  });

  it.skipIf(!existsSync(golden))('equals the reference cleaner (needs ../shared/golden)', () => {
    const cases = JSON.parse(readFileSync(golden, 'utf8')) as Record<string, string>[];
    expect(cases.length).toBeGreaterThan(5);
    for (const { text, iu_xray, mimic_cxr } of cases) {
      expect(cleanReport(text, 'iu_xray')).toBe(iu_xray);
      expect(cleanReport(text, 'mimic_cxr')).toBe(mimic_cxr);
    }
  });

  it.skipIf(!existsSync(references) || !existsSync(annotation))(
    'reproduces the 590 published IU references (needs ../shared/data)',
    () => {
      const { train, test } = parseAnnotation(JSON.parse(readFileSync(annotation, 'utf8')));
      const vocabulary = buildVocabulary(
        train.map(({ report }) => cleanIu(report)),
        { threshold: 3 },
      );
      expect(vocabulary.length).toBe(760);
      const tokenizer = new Tokenizer(vocabulary);
      const lines = test.map(({ id, report }) => {
        const text = tokenizer.decode(tokenizer.encode(cleanIu(report), 60));
        return `${id},${text}`;
      });
      expect(lines).toEqual(readFileSync(references, 'utf8').trim().split(/\r?\n/).slice(1));
      expect(lines.length).toBe(590);
    },
  );
});

describe('splitSentences', () => {
  it('numbers the pieces between stops, empty ones too', () => {
    expect(splitSentences('heart normal . lungs clear .')).toEqual(['heart normal', 'lungs clear']);
    expect(splitSentences('a .  . b .')).toEqual(['a', '', 'b']);
    expect(splitSentences('a . cut off')).toEqual(['a', 'cut off']);
    expect(splitSentences('')).toEqual([]);
  });

  it('finds one sentence for each stop of any cleaned report', () => {
    fc.assert(
      fc.property(fc.string(), (report) => {
        for (const cleaned of [cleanIu(report), cleanMimic(report)]) {
          expect(splitSentences(cleaned).length).toBe(cleaned.split('.').length - 1);
        }
      }),
    );
  });
});

// No assertion on time: with the square of the length these run into the test's limit.
it.each([' ', '. ', '1. ', '- ', '\n- x', '_', '"', 'a '])('cleans 400,000 characters of %j', (pattern) => {
  const text = `a${pattern.repeat(400_000 / pattern.length)}b`;
  for (const cleaning of ['iu_xray', 'mimic_cxr'] as const) {
    expect(words(cleanReport(text, cleaning)).at(-1)).toBe('.');
  }
});
