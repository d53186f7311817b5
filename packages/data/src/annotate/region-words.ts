import { type RegionSet, THORAX_12 } from '@raca/core/regions';
import { type LexiconAnnotator, lexiconAnnotator } from './lexicon';

/** What speaks of the regions of a set: for the 12 the lexicon, for others the words that the set brings along. */
export const annotatorFor = (set: RegionSet): LexiconAnnotator<string> =>
  set === THORAX_12 ? lexiconAnnotator : wordAnnotator(set);

/** Regions in the order of the set, each that one of its words or phrases names, whatever is said of it. */
export function wordAnnotator(set: RegionSet): LexiconAnnotator<string> {
  const indices = regionsBySentence(set);
  return { annotate: (sentences) => sentences.map((sentence) => indices(sentence).map((r) => set.names[r])) };
}

/** The same as places in `set.names`, ascending; compiled once for many sentences. */
export function regionsBySentence({ names, words }: RegionSet): (sentence: string) => number[] {
  const patterns = names.map((name) => patternOf(Object.hasOwn(words, name) ? words[name] : []));
  return (sentence) => {
    const text = ` ${spaced(sentence, /[^\p{L}\p{N}]+/gu)} `;
    return names.flatMap((_, r) => (patterns[r]?.test(text) ? [r] : []));
  };
}

/** Whole words in lower case between single spaces; null where there are no words. */
function patternOf(phrases: readonly string[]): RegExp | null {
  const known = phrases
    .map((phrase) => spaced(phrase, /[^\p{L}\p{N}*]+|(?<![\p{L}\p{N}])\*|\*(?=[\p{L}\p{N}])/gu))
    .filter((phrase) => phrase !== '')
    .map((phrase) => phrase.replace(/\*+/g, '\\p{L}*'));
  return known.length === 0 ? null : new RegExp(`(?<= )(?:${known.join('|')})(?= )`, 'u');
}

const spaced = (text: string, others: RegExp): string =>
  text.normalize('NFC').toLowerCase().replace(others, ' ').trim();
