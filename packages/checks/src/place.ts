import type { Place } from './grounding/place';
import { type ReportCheck, sentenceCheck } from './report-check';

/** A finding that a sentence puts somewhere. */
export interface SaidPlace {
  readonly finding: string;
  readonly place: Place;
  /** The words in the sentence that name the place, for repairs. */
  readonly words: string;
  /** Other places that the words could have named. */
  readonly instead?: readonly { readonly place: Place; readonly words: string }[];
}

/** What {@link placeCheck} asks about a study, such as `probabilities` of a {@link PhraseChecker}. */
export interface PlacesJudged {
  /** Probability that each finding is where it is said to be. */
  readonly judge: (claims: readonly Pick<SaidPlace, 'finding' | 'place'>[]) => ArrayLike<number>;
}

/** Options of {@link placeCheck}. */
export interface PlaceCheckOptions {
  /** Below it a claim is contradicted; 0.2. */
  readonly below?: number;
  /** From here on a claim is supported; 0.5. */
  readonly from?: number;
}

/**
 * Findings that a sentence puts where a judge does not see them. The repair names the place that the judge likes best, if it
 * supports one of those that the words could have named; a sentence that makes this one claim and has no such place goes out.
 *
 * @param read affirmed findings with a place in a sentence
 * @throws RangeError unless 0 ≤ below ≤ from ≤ 1
 * @see Mahmood et al., arXiv:2412.02177 and arXiv:2509.21356: checking findings and places, and correcting reports by it
 */
export function placeCheck(
  read: (sentence: string) => readonly SaidPlace[],
  { below = 0.2, from = 0.5 }: PlaceCheckOptions = {},
): ReportCheck<PlacesJudged> {
  if (!(below >= 0 && below <= from && from <= 1)) {
    throw new RangeError(`placeCheck: expected 0 ≤ below ≤ from ≤ 1, got below ${below} and from ${from}`);
  }
  return sentenceCheck('place', (sentence, { judge }) => {
    const said = read(sentence);
    if (said.length === 0) return [];
    const probabilities = judge(said);
    return said.map((claim, i) => {
      const p = probabilities[i];
      const verdict = p >= from ? 'supported' : p < below ? 'contradicted' : 'unknown';
      const evidence = `${claim.finding}, ${claim.words}: probability ${p.toFixed(2)}`;
      if (verdict !== 'contradicted') return { verdict, evidence, repair: null };
      const better = bestPlace(claim, judge, from);
      if (better !== null) return { verdict, evidence, repair: sentence.replace(claim.words, () => better) };
      return { verdict, evidence, repair: said.length === 1 ? '' : null };
    });
  });
}

/** Words of the place that the judge likes best, if it supports it. */
function bestPlace(
  { finding, instead = [] }: SaidPlace,
  judge: PlacesJudged['judge'],
  from: number,
): string | null {
  if (instead.length === 0) return null;
  const probabilities = judge(instead.map(({ place }) => ({ finding, place })));
  let best = 0;
  for (let i = 1; i < instead.length; i++) if (probabilities[i] > probabilities[best]) best = i;
  return probabilities[best] >= from ? instead[best].words : null;
}
