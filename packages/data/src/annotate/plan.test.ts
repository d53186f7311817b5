import { expect, it } from 'vitest';
import { textBatch } from '../batch/text';
import type { Annotation, Study } from '../dataset';
import { cleanIu } from '../text/clean';
import { buildVocabulary, Tokenizer } from '../text/tokenizer';
import { fillRegions, regionsAt, sentencesToAnnotate } from './plan';

const study = (id: string, report: string, extra: Partial<Study> = {}): Study => ({
  id,
  report,
  image_path: [`${id}/0.png`],
  split: 'train',
  ...extra,
});
const options = { cleaning: 'iu_xray' } as const;
/** The second report has an empty piece between two stops. */
const annotation: Annotation = {
  train: [study('a', 'Heart normal. Lungs clear.'), study('b', 'Lungs clear. ?. Two views.')],
  val: [],
  test: [study('c', 'Heart normal.', { split: 'test', sentence_regions: { S1: ['Ribs'] } })],
};

it('lists distinct sentences with all their places', () => {
  expect([...sentencesToAnnotate(annotation, options)]).toEqual([
    ['heart normal', [{ id: 'a', sentence: 1 }]],
    [
      'lungs clear',
      [
        { id: 'a', sentence: 2 },
        { id: 'b', sentence: 1 },
      ],
    ],
    ['two views', [{ id: 'b', sentence: 3 }]],
  ]);
  expect(sentencesToAnnotate(annotation, { ...options, again: true }).get('heart normal')).toHaveLength(2);
});

it('gives the numbers that batches read', () => {
  const answers = new Map([
    ['heart normal', ['Heart'] as const],
    ['lungs clear', ['Lung fields'] as const],
    ['two views', [] as const],
  ]);
  const filled = fillRegions(annotation, answers, options);
  expect(filled.train.map(({ sentence_regions }) => sentence_regions)).toEqual([
    { S1: ['Heart'], S2: ['Lung fields'] },
    { S1: ['Lung fields'], S3: [] },
  ]);
  expect(filled.test[0].sentence_regions).toEqual({ S1: ['Ribs'] });
  expect(fillRegions(annotation, answers, { ...options, again: true }).test[0].sentence_regions).toEqual({
    S1: ['Heart'],
  });
  const tokenizer = new Tokenizer(
    buildVocabulary(
      annotation.train.map(({ report }) => cleanIu(report)),
      { threshold: 1 },
    ),
  );
  const { sentenceRegions } = textBatch(filled.train, { tokenizer, maxLength: 60, cleaning: 'iu_xray' });
  expect(sentenceRegions).toEqual([
    [[2], [0]],
    [[0], [], []],
  ]);
});

it('leaves out what has no answer', () => {
  const filled = fillRegions(annotation, new Map([['two views', []]]), options);
  expect(filled.train.map(({ sentence_regions }) => sentence_regions)).toEqual([{}, { S3: [] }]);
});

it('reads regions in their order, known names only', () => {
  const odd = study('x', 'p.', { sentence_regions: { S2: ['Ribs', 'Liver', 'Heart'] } });
  expect([regionsAt(odd, 2), regionsAt(odd, 1)]).toEqual([['Heart', 'Ribs'], []]);
});
