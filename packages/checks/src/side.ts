import type { Side } from './grounding/place';
import { type ReportCheck, sentenceCheck, type Verdict } from './report-check';

/** What a sentence says of a finding's side. */
export interface SaidSide {
  readonly finding: string;
  readonly side: Side | 'bilateral';
}

/** What {@link sideCheck} knows of a study. */
export interface SidesKnown {
  /** Sides of each finding, none where it is not there. What is left out is unknown. */
  readonly sides: Readonly<Record<string, readonly Side[]>>;
}

/**
 * Findings that a sentence affirms on a side where they are not. The repair exchanges the side word, where the finding is on the other side
 * alone and the sentence names no other side; a sentence that says nothing but findings which are not there goes out.
 *
 * @param read affirmed findings with a side in a sentence, such as by `findMentions` of `@raca/metrics`
 */
export const sideCheck = (read: (sentence: string) => readonly SaidSide[]): ReportCheck<SidesKnown> =>
  sentenceCheck('side', (sentence, { sides }) => {
    const said = read(sentence);
    return said.map(({ finding, side }) => {
      const known = Object.hasOwn(sides, finding) ? sides[finding] : null;
      const wanted: readonly Side[] = side === 'bilateral' ? ['left', 'right'] : [side];
      const verdict: Verdict =
        known === null
          ? 'unknown'
          : wanted.every((one) => known.includes(one))
            ? 'supported'
            : 'contradicted';
      const found =
        known === null ? 'nothing known' : known.length === 0 ? 'none found' : known.join(' and ');
      const evidence = `${finding}: said ${side}, ${found}`;
      if (verdict !== 'contradicted') return { verdict, evidence, repair: null };
      const none = said.every((other) => sides[other.finding]?.length === 0);
      return { verdict, evidence, repair: none ? '' : otherSide(sentence, side, known!) };
    });
  });

/** The sentence with its side word exchanged; null where that would say something else than what is known. */
function otherSide(sentence: string, side: SaidSide['side'], known: readonly Side[]): string | null {
  const words = [...sentence.matchAll(/\b(left|right|bilateral)\b/gi)].map(([word]) => word.toLowerCase());
  if (side === 'bilateral' || known.length !== 1 || words.length === 0) return null;
  if (words.some((word) => word !== side)) return null;
  const [right] = known;
  return sentence.replace(/\b(left|right)\b/gi, (word) => likeCase(right, word));
}

/** The word, with a capital where the old one has one. */
const likeCase = (word: string, old: string): string =>
  /^[A-Z]/.test(old) ? word[0].toUpperCase() + word.slice(1) : word;
