import type { Phrase } from './phrases';

/** A word with which a phrase can begin: itself, or all words that begin so. */
interface FirstWord {
  readonly text: string;
  readonly open: boolean;
}

/** The words with which a phrase can begin; optional items let the next one begin too. */
function firstWords(phrase: Phrase): FirstWord[] {
  const words: FirstWord[] = [];
  for (const item of phrase.split(' ')) {
    const optional = item.length > 1 && item.endsWith('?');
    words.push(...wordsOfItem(optional ? item.slice(0, -1) : item));
    if (!optional) return words;
  }
  return words;
}

function wordsOfItem(item: string): FirstWord[] {
  if (item === '~' || item.startsWith('!')) return [{ text: '', open: true }];
  const open = item.indexOf('(');
  if (open > 0) return [{ text: item.slice(0, open), open: true }];
  const close = item.lastIndexOf(')');
  const alternatives = open === 0 && close > 0 ? item.slice(1, close).split('|') : [item];
  const more = open === 0 && close > 0 && close < item.length - 1;
  return alternatives.map((alternative) => {
    const [word] = alternative.split('_', 1) as [string];
    const star = word.search(/[*(]/);
    return { text: star < 0 ? word : word.slice(0, star), open: more || star >= 0 };
  });
}

const REMEMBERED = 20_000;

/** A word of a clause with which phrases can begin. */
export interface Trigger {
  /** Where the word starts. */
  readonly at: number;
  /** Bit n for list n. */
  readonly lists: number;
}

/**
 * Finds the words of a clause with which phrases of up to 31 lists can begin. Most clauses hold such words of one or
 * two lists, so that few expressions have to be tried, and only there.
 */
export function triggersOf(lists: readonly (readonly Phrase[])[]): (clause: string) => Trigger[] {
  const exact = new Map<string, number>();
  const open = new Map<string, [text: string, bits: number][]>(); // by first letter
  lists.forEach((phrases, n) => {
    for (const { text, open: more } of phrases.flatMap(firstWords)) {
      if (text === '') throw new Error(`triggersOf: a phrase must begin with a word, got list ${n}`);
      if (!more) exact.set(text, (exact.get(text) ?? 0) | (1 << n));
      else open.set(text[0]!, [...(open.get(text[0]!) ?? []), [text, 1 << n]]);
    }
  });
  const known = new Map<string, number>();

  function bitsOf(word: string): number {
    let bits = exact.get(word) ?? 0;
    for (const [text, more] of open.get(word[0]!) ?? []) if (word.startsWith(text)) bits |= more;
    if (known.size >= REMEMBERED) known.clear();
    known.set(word, bits);
    return bits;
  }

  return (clause) => {
    const found: Trigger[] = [];
    for (let at = 1; at < clause.length; ) {
      const end = clause.indexOf(' ', at);
      if (canBegin(clause.charCodeAt(at))) {
        const word = clause.slice(at, end);
        const lists = known.get(word) ?? bitsOf(word);
        if (lists !== 0) found.push({ at, lists });
      }
      at = end + 1;
    }
    return found;
  };
}

/** Letters and `?`: no phrase begins with a number or another mark. */
const canBegin = (code: number): boolean => code >= 97 || code === 63;

/** Matches of a sticky expression at the triggers of list `n`, never overlapping. */
export function matchesAt(
  pattern: RegExp,
  clause: string,
  triggers: readonly Trigger[],
  n: number,
): RegExpExecArray[] {
  const matches: RegExpExecArray[] = [];
  let end = 0;
  for (const { at, lists } of triggers) {
    if ((lists & (1 << n)) === 0 || at < end) continue;
    pattern.lastIndex = at;
    const match = pattern.exec(clause);
    if (!match) continue;
    matches.push(match);
    end = at + match[0].length;
  }
  return matches;
}
