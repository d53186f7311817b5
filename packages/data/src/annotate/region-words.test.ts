import { REGIONS, type RegionSet, THORAX_12 } from '@raca/core/regions';
import { describe, expect, it } from 'vitest';
import { textBatch } from '../batch/text';
import type { Study } from '../dataset';
import { cleanReport } from '../text/clean';
import { Tokenizer } from '../text/tokenizer';
import { annotateMissing, annotateReport } from './annotate-report';
import { lexiconAnnotator } from './lexicon';
import { annotatorFor, regionsBySentence, wordAnnotator } from './region-words';

const SIDES: RegionSet = {
  name: 'sides',
  names: ['Right lung', 'Left lung', 'Hilum', 'Nothing said'],
  drawings: null,
  words: {
    'Right lung': ['right upper lobe', 'right lung', 'both lungs', 'RUL'],
    'Left lung': ['left lung', 'lingula*', 'both lungs'],
    Hilum: ['hil*', 'poumon hilaire', 'à gauche'],
  },
};

describe('words of a set of regions', () => {
  const cases: [string, number[]][] = [
    ['The right lung is clear.', [0]],
    ['Both lungs are clear', [0, 1]],
    ['RUL opacity; lingular scar', [0, 1]],
    ['opacity of the right-upper  lobe', [0]], // punctuation and spaces do not matter
    ['bright lung', []], // whole words only
    ['right upper', []],
    ['hilar and hilum', [2]],
    ['chill', []],
    ['opacité à gauche', [2]],
    ['', []],
  ];
  it.each(cases)('%s', (sentence, regions) => {
    expect(regionsBySentence(SIDES)(sentence)).toEqual(regions);
    expect(wordAnnotator(SIDES).annotate([sentence])).toEqual([regions.map((r) => SIDES.names[r])]);
  });

  it('are read as words, never as patterns', () => {
    const odd = { ...SIDES, names: ['A'], words: { A: ['.*', '*', '(lung', 'a|b', 'lu*ng', '[x]'] } };
    const found = regionsBySentence(odd);
    const texts = ['anything', 'a', 'lung', 'a b', 'lu ng', 'x', 'b'];
    expect(texts.map((text) => found(text).length)).toEqual([0, 0, 1, 1, 1, 1, 0]);
    expect(regionsBySentence({ ...SIDES, words: {} })('right lung')).toEqual([]);
    expect(regionsBySentence({ ...SIDES, names: ['constructor'], words: {} })('constructor')).toEqual([]);
  });

  it('find the 12 by the lexicon', () => {
    expect(annotatorFor(THORAX_12)).toBe(lexiconAnnotator);
    expect(annotatorFor(SIDES).annotate(['left lung'])).toEqual([['Left lung']]);
  });

  it('each of the 12 is found by its own name', () => {
    const { annotate } = wordAnnotator(THORAX_12);
    for (const name of REGIONS) expect(annotate([name])[0], name).toContain(name);
  });
});

describe('reports annotated for a set', () => {
  it('sentence by sentence', () => {
    expect(annotateReport('both lungs clear . normal heart . hilar mass .', SIDES)).toEqual({
      S1: ['Right lung', 'Left lung'],
      S3: ['Hilum'],
    });
  });

  it('where a study has no regions', () => {
    const study = { id: 'a', report: 'Left lung clear.', image_path: ['0.png'], split: 'train' } as const;
    const { train } = annotateMissing(
      { train: [{ ...study, image_path: ['0.png'] }], val: [], test: [] },
      'iu_xray',
      SIDES,
    );
    expect(train[0].sentence_regions).toEqual({ S1: ['Left lung'] });
    expect(annotateReport(cleanReport('Left lung clear.', 'iu_xray'))).toEqual({ S1: ['Lung fields'] });
  });

  it('anew where they were annotated for other regions', () => {
    const report = 'Left lung clear. Hilum normal.';
    const of = (sentence_regions: Record<string, string[]>): Study => ({
      ...{ id: 'a', report, image_path: ['0.png'], split: 'train', sentence_regions },
    });
    const regionsOf = (studies: Study[], set?: RegionSet) =>
      annotateMissing({ train: studies, val: [], test: [] }, 'iu_xray', set).train.map(
        (s) => s.sentence_regions,
      );
    const words = { S1: ['Left lung'], S2: ['Hilum'] };
    expect(regionsOf([of({ S1: ['Lung fields'] }), of({})], SIDES)).toEqual([words, words]);
    const own: Record<string, string[]>[] = [{ S2: ['Hilum'] }, {}];
    expect(regionsOf(own.map(of), SIDES)).toEqual(own); // for these regions: nothing is changed
    expect(regionsOf(own.map(of))).toEqual(own);
  });

  it('as places in the set, in batches', () => {
    const sentence_regions = { S1: ['Hilum', 'Heart', 'Right lung'], S2: ['Left lung'] };
    const study: Study = {
      id: 'a',
      report: 'A. B. C.',
      image_path: ['0.png'],
      split: 'train',
      sentence_regions,
    };
    const options = { tokenizer: new Tokenizer(['.', '<unk>']), maxLength: 9, cleaning: 'iu_xray' } as const;
    expect(textBatch([study], { ...options, regions: SIDES.names }).sentenceRegions).toEqual([
      [[0, 2], [1], []],
    ]);
    expect(textBatch([study], options).sentenceRegions).toEqual([[[2], [], []]]); // the heart of the 12
  });
});
