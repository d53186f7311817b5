import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { DataError, parseOrThrow, shown } from '../errors';
import { words } from './clean';

/** Stands for every word outside the vocabulary. */
export const UNKNOWN = '<unk>';

const vocabularySchema = z.looseObject({
  words: z
    .array(z.string().regex(/^\S+$/, 'expected a word without blanks'))
    .min(1, 'expected at least one word')
    .max(LARGEST.words, `expected at most ${LARGEST.words} words`),
});

/**
 * Words seen at least `threshold` times in cleaned training reports, and `<unk>`, sorted by code point.
 *
 * @param threshold 3 for IU X-ray, 10 for MIMIC-CXR in the published settings
 */
export function buildVocabulary(
  cleanedTrainReports: Iterable<string>,
  { threshold }: { readonly threshold: number },
): string[] {
  if (!(threshold >= 1))
    throw new RangeError(`buildVocabulary: threshold must be at least 1, got ${threshold}`);
  const counts = new Map<string, number>();
  for (const report of cleanedTrainReports) {
    for (const word of words(report)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  counts.set(UNKNOWN, Number.POSITIVE_INFINITY);
  const kept = [...counts].filter(([, count]) => count >= threshold).map(([word]) => word);
  return kept.sort(byCodePoint);
}

/**
 * Words to ids and back. Ids run from 1 in the order of the vocabulary; 0 begins, ends and pads.
 * A model over it has `size + 1` outputs.
 */
export class Tokenizer {
  private readonly ids: ReadonlyMap<string, number>;
  private readonly unknown: number;

  /** @throws DataError if a word stands twice or `<unk>` is missing */
  constructor(readonly words: readonly string[]) {
    this.ids = new Map(words.map((word, i) => [word, i + 1]));
    if (this.ids.size !== words.length) {
      const twice = words.find((word, i) => this.ids.get(word) !== i + 1); // the map keeps the last place
      throw new DataError(`vocabulary: words: expected each word once, found ${shown(twice)} twice`);
    }
    const unknown = this.ids.get(UNKNOWN);
    if (unknown === undefined) throw new DataError(`vocabulary: words: expected "${UNKNOWN}", found nothing`);
    this.unknown = unknown;
  }

  /** Number of words, `<unk>` included: ids are 1..size. */
  get size(): number {
    return this.words.length;
  }

  /** Id of a word; that of `<unk>` where the word is not in the vocabulary. */
  idOf(word: string): number {
    return this.ids.get(word) ?? this.unknown;
  }

  /** `[0, ...ids, 0]` cut to at most `maxLength`, so that a long report loses its end mark. */
  encode(cleanedReport: string, maxLength = Number.POSITIVE_INFINITY): number[] {
    return [0, ...words(cleanedReport).map((word) => this.idOf(word)), 0].slice(0, maxLength);
  }

  /**
   * Words of the ids, one blank between, up to the first 0 (a 0 in first place is the begin mark).
   *
   * @throws RangeError for an id outside 0..size
   */
  decode(ids: ArrayLike<number>): string {
    const text: string[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (id === 0 && i > 0) break;
      if (id === 0) continue;
      const word = this.words[id - 1];
      if (word === undefined) throw new RangeError(`decode: ids must be in 0..${this.size}, got ${id}`);
      text.push(word);
    }
    return text.join(' ');
  }

  toJSON(): { words: string[] } {
    return { words: [...this.words] };
  }

  /** @throws DataError one line naming `file` and the field */
  static fromJSON(value: unknown, file = 'vocab.json'): Tokenizer {
    const { words } = parseOrThrow(vocabularySchema, value, file);
    try {
      return new Tokenizer(words);
    } catch (error) {
      throw error instanceof DataError ? new DataError(error.message.replace('vocabulary', file)) : error;
    }
  }
}

/** Order by code point, as Python sorts strings; `<` on strings compares UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  const x = Array.from(a, (char) => char.codePointAt(0)!);
  const y = Array.from(b, (char) => char.codePointAt(0)!);
  for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}
