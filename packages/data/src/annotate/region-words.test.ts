import { REGIONS, type RegionSet, THORAX_12 } from '@raca/core/regions';
import { describe, expect, it } from 'vitest';
import { cleanReport } from '../text/clean';
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
});
