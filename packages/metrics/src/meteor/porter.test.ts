import { expect, it } from 'vitest';
import { porterStem } from './porter';

it('gives the stems of the examples in Porter 1980', () => {
  const stems = {
    caresses: 'caress',
    ponies: 'poni',
    cats: 'cat',
    feed: 'feed',
    agreed: 'agre',
    plastered: 'plaster',
    bled: 'bled',
    motoring: 'motor',
    sing: 'sing',
    conflated: 'conflat',
    troubled: 'troubl',
    sized: 'size',
    hopping: 'hop',
    falling: 'fall',
    hissing: 'hiss',
    filing: 'file',
    happy: 'happi',
    relational: 'relat',
    conditional: 'condit',
    valenci: 'valenc',
    digitizer: 'digit',
    decisiveness: 'decis',
    hopefulness: 'hope',
    triplicate: 'triplic',
    formative: 'form',
    electrical: 'electr',
    goodness: 'good',
    revival: 'reviv',
    adjustable: 'adjust',
    replacement: 'replac',
    adoption: 'adopt',
    probate: 'probat',
    rate: 'rate',
    cease: 'ceas',
    controlling: 'control',
    rolling: 'roll',
  };
  for (const [word, stem] of Object.entries(stems)) expect(porterStem(word), word).toBe(stem);
});

it('has the exceptions that NLTK documents', () => {
  const stems = {
    ties: 'tie',
    dies: 'die',
    dying: 'die',
    skies: 'sky',
    news: 'news',
    is: 'is',
    enjoy: 'enjoy',
  };
  for (const [word, stem] of Object.entries(stems)) expect(porterStem(word), word).toBe(stem);
  expect(porterStem('Spied')).toBe('spi');
  expect(porterStem('geology')).toBe('geolog');
});
