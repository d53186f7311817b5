import { describe, expect, it } from 'vitest';
import { measure } from '../measure';
import { pairReports } from '../pairs';
import { describeWithShared, readSharedJson } from '../testing/shared';
import { describeWithWordnet, wordnet } from '../testing/wordnet';
import { nltkMeteor } from './metrics';
import { nltkAlignment, nltkMeteorOf } from './nltk';

const noSynonyms = { synonyms: (word: string) => new Set([word]) };

describeWithWordnet('NLTK METEOR with WordNet 3.0', () => {
  describeWithShared('on 80 reports', ['golden/sentence_metrics.json'], () => {
    it('gives the numbers of NLTK 3.8 within 1e-6', () => {
      type Row = { id: string; reference: string; generated: string; nltk_meteor: number };
      const rows = readSharedJson<Row[]>('golden/sentence_metrics.json');
      expect(rows.length).toBeGreaterThan(0);
      for (const { id, reference, generated, nltk_meteor } of rows) {
        const got = nltkMeteorOf(reference, generated, { wordnet: wordnet() });
        expect(Math.abs(got - nltk_meteor), id).toBeLessThan(1e-6);
      }
    });
  });
});

describe('worked by hand', () => {
  it('takes the last fit, from the last word to the first, each word once', () => {
    const words = (text: string) => text.split(' ');
    expect(nltkAlignment(words('no a no b'), words('no no no'), noSynonyms)).toEqual([
      [1, 0],
      [2, 2],
    ]);
  });

  it('same word, same stem, synonym of the stem', () => {
    const wordnet = { synonyms: (word: string) => new Set([word, ...(word === 'heart' ? ['cor'] : [])]) };
    expect(nltkAlignment(['lungs', 'cor', 'clear'], ['clear', 'lung', 'hearts'], wordnet)).toEqual([
      [0, 2],
      [1, 0],
      [2, 1],
    ]);
    expect(nltkAlignment(['hearts'], ['cor'], wordnet)).toEqual([]);
  });

  it('scores precision 2/3, recall 2/4, two chunks', () => {
    // F = (1/3) / (0.9 · 2/3 + 0.1 · 1/2), penalty 0.5 · (2/2)³
    const got = nltkMeteorOf('A x b y', 'a b z', { wordnet: noSynonyms });
    expect(got).toBeCloseTo(((1 / 3 / 0.65) * 1) / 2, 12);
  });

  it('is 0 without a match and the mean over reports', () => {
    expect(nltkMeteorOf('', 'a', { wordnet: noSynonyms })).toBe(0);
    const { corpus } = measure(nltkMeteor({ wordnet: noSynonyms }), pairReports(['a b', 'c'], ['a b', 'd']));
    expect(corpus['METEOR/nltk']).toBeCloseTo((1 - 0.5 / 8) / 2, 12);
  });
});
