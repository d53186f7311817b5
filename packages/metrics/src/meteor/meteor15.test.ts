import { describe, expect, it } from 'vitest';
import { measure } from '../measure';
import { pairById, pairReports } from '../pairs';
import { describeWithShared, parseTable, readShared } from '../testing/shared';
import { describeWithWordnet, wordnet } from '../testing/wordnet';
import { meteor15Alignment, meteor15Counts, meteor15FromCounts, meteorTokens } from './meteor15';
import { meteor15 } from './metrics';
import { parseParaphrases } from './paraphrases';

const words = (text: string) => text.split(' ');
const scoreOf = (reference: string, hypothesis: string, options = {}) =>
  meteor15FromCounts(meteor15Counts(reference, hypothesis, options));
const stagesOf = (reference: string, hypothesis: string, resources = {}) =>
  meteor15Alignment(words(reference), words(hypothesis), resources).matches.map(
    (m) => [m.stage, m.hypothesis, m.reference] as const,
  );

describe('alignments worked by hand', () => {
  it('prefers fewer chunks to nearer words', () => {
    const { matches, chunks } = meteor15Alignment(
      words('the cat sat on the mat'),
      words('on the mat sat the cat'),
    );
    expect(chunks).toBe(3);
    expect(matches.map((m) => m.reference)).toEqual([3, 4, 5, 2, 0, 1]);
  });

  it('covers most words before it counts chunks', () => {
    // "a b" as one chunk would leave the first a alone with nothing: covering wins, at three chunks.
    const { matches, chunks } = meteor15Alignment(words('b x a a'), words('a b a'));
    expect(matches).toHaveLength(3);
    expect(chunks).toBe(3);
  });

  it('takes the nearest of words that fit alike', () => {
    expect(stagesOf('no x x x no', 'y y y no')).toEqual([['exact', 3, 4]]);
    expect(stagesOf('no x x x no', 'y no y y')).toEqual([['exact', 1, 0]]);
    expect(stagesOf('x x no', 'no y no')).toEqual([['exact', 2, 2]]); // not the first word, two places off
  });

  it('runs the stages: word, stem, synonym set', () => {
    const synsets: Record<string, string[]> = { heart: ['n1', 'n2'], ticker: ['n2'], clear: ['a1'] };
    const wordnet = { synsets: (word: string) => new Set(synsets[word] ?? []) };
    expect(stagesOf('ticker lungs clear', 'clear lung heart', { wordnet })).toEqual([
      ['exact', 0, 2],
      ['stem', 1, 1],
      ['synonym', 2, 0],
    ]);
    expect(stagesOf('ticker', 'heart')).toEqual([]);
  });

  it('aligns phrases of a paraphrase table', () => {
    const paraphrases = parseParaphrases('0.5\nwithin normal limits\nunremarkable\n');
    const { matches, chunks } = meteor15Alignment(
      words('heart is within normal limits'),
      words('heart is unremarkable'),
      {
        paraphrases,
      },
    );
    expect(chunks).toBe(1);
    expect(matches[2]).toEqual({
      stage: 'paraphrase',
      hypothesis: 2,
      reference: 2,
      hypothesisWords: 1,
      referenceWords: 3,
    });
    // The words of both texts are covered: 3 of 3 and 5 of 5, paraphrased ones at 0.6, "is" a function word.
    const precision = (0.75 * (1 + 0.6) + 0.25) / (0.75 * 2 + 0.25);
    const recall = (0.75 * (1 + 1.8) + 0.25) / (0.75 * 4 + 0.25);
    expect(scoreOf('heart is within normal limits', 'heart is unremarkable', { paraphrases })).toBeCloseTo(
      (precision * recall) / (0.85 * precision + 0.15 * recall),
      12,
    );
  });
});

describe('scores worked by hand', () => {
  it('weighs function words less and fines chunks', () => {
    // precision 1, recall 1.5 / 2, two chunks over two words
    const mean = 0.75 / (0.85 + 0.15 * 0.75);
    expect(scoreOf('the heart is enlarged', 'heart enlarged')).toBeCloseTo(mean * (1 - 0.6), 12);
    // precision and recall over three of four content words, one chunk of three
    expect(scoreOf('small left pleural effusion', 'small left pleural thickening')).toBeCloseTo(
      0.75 * (1 - 0.6 * (1 / 3) ** 0.2),
      12,
    );
  });

  it('weighs stems 0.6 and synonyms 0.8', () => {
    const wordnet = { synsets: (word: string) => new Set(['heart', 'ticker'].includes(word) ? ['n1'] : []) };
    expect(scoreOf('effusion', 'effusions')).toBeCloseTo(0.6, 12);
    expect(scoreOf('heart', 'ticker', { wordnet })).toBeCloseTo(0.8, 12);
  });

  it('is 1 for the same text, 0 without a match or without text', () => {
    expect(scoreOf('The heart is enlarged.', 'the heart is enlarged .')).toBeCloseTo(1, 12);
    for (const [a, b] of [
      ['x', 'y'],
      ['', ''],
      ['', 'x'],
      ['x', ''],
    ] as const)
      expect(scoreOf(a, b)).toBe(0);
  });

  it('takes reports of 10,000 words', () => {
    const long = 'there is no pleural effusion . the heart is enlarged . '.repeat(1000);
    expect(scoreOf(long, long)).toBeCloseTo(1, 12);
    expect(scoreOf(long, 'no '.repeat(10_000))).toBeGreaterThan(0);
  });

  it('adds up counts over a corpus and names the stages', () => {
    const { corpus, perReport } = measure(
      meteor15(),
      pairReports(['effusion', 'heart'], ['effusion', 'lung']),
    );
    expect(perReport.map((row) => row['METEOR/1.5/exact+stem'])).toEqual([1, 0]);
    expect(corpus['METEOR/1.5/exact+stem']).toBeCloseTo(0.5 * (1 - 0.6), 12); // one chunk over one word
  });

  it('cuts off punctuation', () => {
    expect(meteorTokens('Heart, lungs (3.5 cm): normal.')).toEqual(
      words('heart , lungs ( 3.5 cm ) : normal .'),
    );
  });
});

it('says which line of a paraphrase table is wrong', () => {
  expect(() => parseParaphrases('0.5\na\nb\nx\nc\nd')).toThrow('line 4: expected a probability, found "x"');
  expect(() => parseParaphrases('0.5\na')).toThrow('line 2');
});

describeWithWordnet('METEOR 1.5 with WordNet', () => {
  it('finds base forms and common synonym sets', () => {
    expect(stagesOf('the picture is normal', 'the images is normal', { wordnet: wordnet() })[1]).toEqual([
      'synonym',
      1,
      1,
    ]);
  });

  const folder = 'data/iu_predictions/';
  describeWithShared('on 590 published reports', [`${folder}references_tokenised.csv`], () => {
    it('lies within 0.01 of the published 0.19991, which had a paraphrase table', () => {
      const read = (file: string, column: string) =>
        parseTable(readShared(folder + file)).map((row) => ({ id: row.id!, text: row[column]! }));
      const pairs = pairById(
        read('references_tokenised.csv', 'reference'),
        read('cvt2distilgpt2_generated_tokenised.csv', 'generated'),
      );
      const { corpus } = measure(meteor15({ wordnet: wordnet() }), pairs);
      expect(Math.abs(corpus['METEOR/1.5/exact+stem+synonym']! - 0.19991)).toBeLessThan(0.01);
    });
  });
});
