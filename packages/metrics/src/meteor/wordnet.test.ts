import { describe, expect, it } from 'vitest';
import { readWordnet } from '../node';
import { describeWithWordnet, wordnet } from '../testing/wordnet';
import { loadWordnet } from './wordnet';

// Looked up with the program `wordnet` of the same database.
describeWithWordnet('WordNet 3.0', () => {
  it('gives the single words of every synonym set', () => {
    expect([...wordnet().synonyms('thorax')].sort()).toEqual(['chest', 'pectus', 'thorax']);
    expect(wordnet().synonyms('Thoraces')).toContain('chest'); // thoraces is in the list of exceptions
    expect(wordnet().synonyms('lungs')).toContain('lung');
    expect(wordnet().synonyms('pleural_effusion')).toEqual(new Set(['pleural_effusion']));
  });

  it('gives nothing but the word for what it does not know', () => {
    for (const word of ['xxxx', '.', '', 'a b', '肺', '__proto__']) {
      expect(wordnet().synonyms(word), word).toEqual(new Set([word]));
      expect(wordnet().synsets(word).size, word).toBe(0);
    }
  });

  it('shares sets between synonyms', () => {
    const chest = wordnet().synsets('chest');
    expect([...wordnet().synsets('thorax')].filter((set) => chest.has(set)).length).toBeGreaterThan(0);
  });
});

describe('errors', () => {
  it('name folder and file', async () => {
    expect(() => readWordnet('/nowhere')).toThrow(
      "readWordnet: /nowhere: expected WordNet's files, found no index.noun",
    );
    await expect(loadWordnet(() => 'text')).rejects.toThrow('wordnet: index.noun: expected a WordNet 3.0');
  });
});
