import { expect, it } from 'vitest';
import { bleu, meanSentenceBleu, sentenceBleu } from './bleu';
import { cider } from './cider';
import { measure } from './measure';
import { pairById, pairReports } from './pairs';
import { rougeL, rougeLOf } from './rouge';
import { describeWithShared, parseTable, readShared, readSharedJson } from './testing/shared';
import type { ReportPair, Scores } from './types';

const folder = 'data/iu_predictions/';

describeWithShared('pycocoevalcap on 590 published reports', [`${folder}expected_metrics.json`], () => {
  const load = (): ReportPair[] =>
    pairById(
      parseTable(readShared(`${folder}references_tokenised.csv`)).map((r) => ({
        id: r.id!,
        text: r.reference!,
      })),
      parseTable(readShared(`${folder}cvt2distilgpt2_generated_tokenised.csv`)).map((r) => ({
        id: r.id!,
        text: r.generated!,
      })),
    );

  it('gives the corpus numbers within 1e-6', () => {
    const pairs = load();
    expect(pairs).toHaveLength(590);
    const expected = readSharedJson<{ computed_with_pycocoevalcap: Scores }>(
      `${folder}expected_metrics.json`,
    );
    const got = Object.assign(
      {},
      ...[bleu(), rougeL(), cider()].map((s) => measure(s, pairs).corpus),
    ) as Scores;
    expect(Object.keys(got).sort()).toEqual(Object.keys(expected.computed_with_pycocoevalcap).sort());
    for (const [key, value] of Object.entries(expected.computed_with_pycocoevalcap)) {
      expect(Math.abs(got[key]! - value), key).toBeLessThan(1e-6);
    }
  });

  it('gives every per-report number within 1e-5', () => {
    const pairs = load();
    const expected = readSharedJson<(Scores & { id: string })[]>(`${folder}cvt2distilgpt2_per_report.json`);
    expect(expected.map((row) => row.id)).toEqual(pairs.map((pair) => pair.id));
    for (const scorer of [bleu(), rougeL(), cider()]) {
      measure(scorer, pairs).perReport.forEach((row, i) => {
        for (const [key, value] of Object.entries(row)) {
          expect(Math.abs(value - expected[i]![key]!), `${expected[i]!.id} ${key}`).toBeLessThan(1e-5);
        }
      });
    }
  });
});

describeWithShared('NLTK', ['golden/sentence_metrics.json'], () => {
  it('sentence BLEU-4, smoothing method 1, within 1e-6', () => {
    type Row = { id: string; reference: string; generated: string; nltk_sentence_bleu4_method1: number };
    const rows = readSharedJson<Row[]>('golden/sentence_metrics.json');
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const got = sentenceBleu(row.reference, row.generated);
      expect(Math.abs(got - row.nltk_sentence_bleu4_method1), row.id).toBeLessThan(1e-6);
    }
  });
});

// Worked by hand.
it('BLEU clips repeated words and penalises short hypotheses', () => {
  const [row] = measure(bleu(2), pairReports(['the cat sat down'], ['the the'])).perReport;
  expect(row!.BLEU_1).toBeCloseTo((1 / 2) * Math.exp(1 - 4 / 2), 6);
  expect(row!.BLEU_2).toBeLessThan(1e-6);
});

it('NLTK details: no shared word 0, empty 0, one shared word', () => {
  expect(sentenceBleu('a b c', 'd e f')).toBe(0);
  expect(sentenceBleu('a b c', '')).toBe(0);
  expect(sentenceBleu('', 'a')).toBe(0);
  expect(sentenceBleu('a', 'a')).toBeCloseTo((1 * 0.1 * 0.1 * 0.1) ** 0.25, 12); // each missing length counts 0.1/1
  expect(measure(meanSentenceBleu(), pairReports(['a', 'b'], ['a', 'c'])).corpus).toEqual({
    'BLEU_4/sentence/method1': sentenceBleu('a', 'a') / 2,
  });
});

it('ROUGE-L of a hand-worked pair', () => {
  // common subsequence "a c": precision 2/3, recall 2/4
  const [row] = measure(rougeL(), pairReports(['a b c d'], ['a c x'])).perReport;
  expect(row!.ROUGE_L).toBeCloseTo((2.44 * (2 / 3) * 0.5) / (0.5 + 1.44 * (2 / 3)), 12);
});

it('ROUGE-L weighs recall by 1.2 unless told otherwise', () => {
  expect(rougeLOf('a b c d', 'a c x')).toBeCloseTo((2.44 * (2 / 3) * 0.5) / (0.5 + 1.44 * (2 / 3)), 12);
  expect(rougeLOf('a b c d', 'a c x', 1)).toBeCloseTo((2 * (2 / 3) * 0.5) / (0.5 + 2 / 3), 12);
});

it('CIDEr of a hand-worked pair', () => {
  // Two studies of one word each, no word in both: unigram cosine 1, no longer n-grams, mean over 4 lengths.
  const result = measure(cider(), pairReports(['a', 'b'], ['a', 'a']));
  expect(result.perReport[0]!.CIDEr).toBeCloseTo(2.5, 12);
  expect(result.perReport[1]!.CIDEr).toBe(0);
});
