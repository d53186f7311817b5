import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildVocabulary, Tokenizer } from './tokenizer';

describe('buildVocabulary', () => {
  it('keeps words at the threshold, sorted by code point', () => {
    const reports = ['b a . é', 'b a .', 'b 1 . é', 'z'];
    expect(buildVocabulary(reports, { threshold: 2 })).toEqual(['.', '<unk>', 'a', 'b', 'é']);
  });

  it('sorts beyond the 16-bit characters as Python does', () => {
    // U+FF21 < U+1F600, although the latter begins with the smaller UTF-16 unit 0xD83D.
    expect(buildVocabulary(['\u{1F600} \uFF21'], { threshold: 1 })).toEqual(['<unk>', '\uFF21', '\u{1F600}']);
  });

  it('rejects a threshold below 1', () => {
    expect(() => buildVocabulary([], { threshold: 0 })).toThrow('threshold must be at least 1, got 0');
  });
});

describe('Tokenizer', () => {
  const tokenizer = new Tokenizer(['.', '<unk>', 'clear', 'lungs']);

  it('encodes between zeros, unknown words as <unk>, cut to length', () => {
    expect(tokenizer.encode('lungs very clear .')).toEqual([0, 4, 2, 3, 1, 0]);
    expect(tokenizer.encode('lungs very clear .', 4)).toEqual([0, 4, 2, 3]);
    expect(tokenizer.idOf('.')).toBe(1);
  });

  it('decodes up to the first zero, with or without the begin mark', () => {
    expect(tokenizer.decode([0, 4, 2, 0, 3])).toBe('lungs <unk>');
    expect(tokenizer.decode(Int32Array.of(4, 3, 0, 0))).toBe('lungs clear');
    expect(tokenizer.decode([0, 0, 4])).toBe('');
    expect(() => tokenizer.decode([5])).toThrow('decode: ids must be in 0..4, got 5');
  });

  it('survives JSON, and words that are names of object members', () => {
    const odd = new Tokenizer(['<unk>', '__proto__', 'constructor']);
    const copy = Tokenizer.fromJSON(JSON.parse(JSON.stringify(odd)));
    fc.assert(
      fc.property(fc.array(fc.constantFrom('constructor', '__proto__', 'toString')), (words) => {
        const expected = words.map((word) => ['<unk>', '__proto__', 'constructor'].indexOf(word) + 1 || 1);
        expect(copy.encode(words.join(' '))).toEqual([0, ...expected, 0]);
      }),
    );
  });

  it('names what is wrong with a file in one line', () => {
    const read = (value: unknown) => () => Tokenizer.fromJSON(value, 'run/vocab.json');
    expect(read({ words: ['<unk>', 3] })).toThrow('run/vocab.json: words[1]: expected string, found 3');
    expect(read([])).toThrow('run/vocab.json: top level: expected object, found an array of 0');
    expect(read({ words: ['<unk>', 'a', 'a'] })).toThrow('expected each word once, found "a" twice');
    expect(read({ words: ['a'] })).toThrow('expected "<unk>", found nothing');
    expect(read({ words: ['<unk>', 'a b'] })).toThrow(
      'words[1]: expected a word without blanks, found "a b"',
    );
  });
});
