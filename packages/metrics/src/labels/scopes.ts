import type { LabelValue } from './classes';
import * as cues from './cues';
import { anywhere, oneOf, type Phrase } from './phrases';

export interface Span {
  readonly start: number;
  readonly end: number;
}

export const spanOf = (match: RegExpExecArray): Span => ({
  start: match.index,
  end: match.index + match[0].length,
});

/** Stretches of a clause in which findings are denied or doubted. */
export interface Scopes {
  readonly negated: readonly Span[];
  readonly uncertain: readonly Span[];
}

const clauseBreaks = anywhere(cues.CLAUSE_BREAKS);

/** Parts of a sentence that negation does not cross, each starting and ending with a space. */
export function splitClauses(sentence: string): string[] {
  const clauses: string[] = [];
  let from = 0;
  for (const { index, 0: text } of sentence.matchAll(clauseBreaks)) {
    clauses.push(sentence.slice(from, index));
    from = index + text.length - 1;
  }
  clauses.push(sentence.slice(from));
  return clauses;
}

const negations = new RegExp(`(?<= )(?:(${oneOf(cues.PSEUDO_NEGATIONS)})|${oneOf(cues.NEGATIONS)})`, 'g');
const endsOf = (ends: readonly Phrase[], bridges: readonly Phrase[]) =>
  new RegExp(`(?<= )(?:(${oneOf(bridges)})|${oneOf(ends)})`, 'g');
const negationEnds = endsOf([...cues.SCOPE_ENDS, ...cues.NEGATION_ENDS], cues.SCOPE_BRIDGES);
const uncertaintyEnds = endsOf(cues.SCOPE_ENDS, [...cues.SCOPE_BRIDGES, ...cues.UNCERTAINTY_BRIDGES]);

// Up to eight words of the same noun phrase (or list of them) between a finding and what is said of it.
const nounWords =
  '(?:(?!(?:is|are|was|were|has|have|there|with|which|seen|present|noted|may|could) )[a-z0-9,/]+ ){0,8}?';
const postNegation = new RegExp(`^${nounWords}${oneOf(cues.POST_NEGATIONS)}`);
const calledNormal = new RegExp(`^${oneOf(cues.CALLED_NORMAL)}`);
const almost =
  /(?:^| )(?:nearly|almost|partially|incompletely|partly|mostly) (?:completely )?(?:resolved|cleared) /;

/**
 * The reader of negation and uncertainty.
 * @param affirmed cues of uncertainty to leave out, as they are written in `cues.ts`
 */
export function scopeReader(affirmed: readonly Phrase[]) {
  const kept = (phrases: readonly Phrase[]) => phrases.filter((phrase) => !affirmed.includes(phrase));
  const uncertainties = anywhere(kept(cues.UNCERTAINTIES));
  const postUncertainty = new RegExp(`^${nounWords}${oneOf(kept(cues.POST_UNCERTAINTIES))}`);

  function read(clause: string): Scopes {
    const negated: Span[] = [];
    for (const match of clause.matchAll(negations)) {
      if (match[1] !== undefined) continue;
      const start = match.index + match[0].length;
      negated.push({ start, end: scopeEnd(clause, start, negationEnds) });
    }
    const uncertain: Span[] = [];
    for (const { index, 0: text } of clause.matchAll(uncertainties)) {
      const start = index + text.length;
      uncertain.push({ start, end: scopeEnd(clause, start, uncertaintyEnds) });
    }
    return { negated, uncertain };
  }

  function statusAt(clause: string, { start, end }: Span, scopes: Scopes): LabelValue {
    const rest = clause.slice(end);
    if (postUncertainty.test(rest)) return -1;
    const lastWord = clause.lastIndexOf(' ', end - 2) + 1;
    if (inside(scopes.negated, start) || inside(scopes.negated, lastWord)) return 0;
    if (calledNormal.test(rest)) return 0;
    if (postNegation.test(rest) && !almost.test(clause)) return 0;
    return inside(scopes.uncertain, start) ? -1 : 1;
  }

  return { read, statusAt };
}

export type ScopeReader = ReturnType<typeof scopeReader>;

function scopeEnd(clause: string, start: number, ends: RegExp): number {
  ends.lastIndex = start;
  for (let match = ends.exec(clause); match; match = ends.exec(clause)) {
    if (match[1] === undefined) return match.index;
  }
  return clause.length;
}

const inside = (spans: readonly Span[], at: number): boolean =>
  spans.some(({ start, end }) => start <= at && at < end);
