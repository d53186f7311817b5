/**
 * The lexicon's small language, so that phrases stay readable:
 * `word*` any ending · `word?` may be absent · `(a|b)` one of, with `_` for a space inside · `~` up to three
 * words that are no punctuation; `!(a|b)` what must not follow; `?` and `(` alone are those marks. Words are lower-case; hyphens count as spaces.
 */
export type Phrase = string;

/** Regular expression source of one phrase; it matches the phrase and the space behind it. */
export function phraseSource(phrase: Phrase): string {
  return phrase
    .split(' ')
    .map((item) => {
      if (item === '~') return '(?:[a-z0-9]+ ){0,3}?';
      if (item === '?' || item === '(') return `\\${item} `;
      if (item.startsWith('!'))
        return `(?!${item.slice(1).replaceAll('(', '(?:').replaceAll('*', '[a-z0-9]*').replaceAll('_', ' ')} )`;
      const optional = item.endsWith('?');
      const word = (optional ? item.slice(0, -1) : item)
        .replaceAll('(', '(?:')
        .replaceAll('*', '[a-z0-9]*')
        .replaceAll('_', ' ');
      return optional ? `(?:${word} )?` : `${word} `;
    })
    .join('');
}

/** One of the phrases, starting at a word. */
export const oneOf = (phrases: readonly Phrase[]): string => `(?:${phrases.map(phraseSource).join('|')})`;

/** One of the phrases at `lastIndex`, which must be the start of a word. */
export const starting = (phrases: readonly Phrase[]): RegExp => new RegExp(oneOf(phrases), 'y');

/** Finds every occurrence of the phrases in a sentence made by `normaliseSentence`. */
export const anywhere = (phrases: readonly Phrase[]): RegExp => new RegExp(`(?<= )${oneOf(phrases)}`, 'g');
