import type { LabelValue } from './classes';
import * as cues from './cues';
import { oneOf, type Phrase, starting } from './phrases';
import { matchesAt, triggersOf } from './triggers';

export interface Span {
  readonly start: number;
  readonly end: number;
}

export const spanOf = (match: RegExpExecArray): Span => ({
  start: match.index,
  end: match.index + match[0].length,
});

/** A stretch of a clause in which a cue denies or doubts findings. */
export interface Scope extends Span {
  readonly cue: string;
}

export interface Scopes {
  readonly negated: readonly Scope[];
  readonly uncertain: readonly Scope[];
}

/** Before a bracket or comma a whole answer: "fracture (none), effusion". */
const ANSWER = /^(?:no|none|nil|absent) $/;

/** What a clause says of a finding, and the words that say so; none where it is only named. */
export interface Status {
  readonly value: LabelValue;
  readonly cue?: string;
}

const negations = new RegExp(
  `(?:(${oneOf(cues.PSEUDO_NEGATIONS)})|${oneOf(cues.NEGATIONS)}|(?<=^ | (?:the|a|an|any|interval|previously|now|essentially|completely|largely|and|with|of|,|:) )${oneOf(cues.LEADING_NEGATIONS)})`,
  'y',
);
const endsOf = (ends: readonly Phrase[], bridges: readonly Phrase[]) =>
  new RegExp(`(?<= )(?:(${oneOf(bridges)})|${oneOf(ends)})`, 'g');
const negationEnds = endsOf([...cues.SCOPE_ENDS, ...cues.NEGATION_ENDS], cues.SCOPE_BRIDGES);
const uncertaintyEnds = endsOf(cues.SCOPE_ENDS, [...cues.SCOPE_BRIDGES, ...cues.UNCERTAINTY_BRIDGES]);

// Up to eight words of the same noun phrase (or list of them) between a finding and what is said of it, and where it
// was seen before: "the effusion seen on the prior film has resolved".
const nounWords =
  '(?:(?!(?:is|are|was|were|has|have|there|with|which|that|seen|present|noted|may|could) )[a-z0-9,/]+ ){0,8}?';
const reach = `${nounWords}(?:(?:, )?${oneOf(cues.SEEN_BEFORE)}(?:, )?)?(?:(?:(?:is|are|was|were|has|have|seems|appears) (?:[a-z0-9]+ ){1,4})?(?:, )?(?:and|but|although|though) (?:(?:it|this|that|they|these) )?)?`;
/** What may stand behind a cue without a verb. */
const ending =
  '(?=$|[,;)/] |(?:in|on(?! (?:(?:the|a) )?(?:prior|previous|outside|old|earlier|last|recent|ct|[0-9]))|at|of|since|with|without|by|from|compared|after|following|now|and|or|given|over|bilaterally|clinically|today) )';
const either = (phrases: readonly Phrase[], atEnd: readonly Phrase[]) =>
  new RegExp(
    `^(?!(?:and|but) (?:is|are|was|were|has|have|does|do) )${reach}(?:: )?(?<cue>${oneOf(phrases)}|${oneOf(atEnd)}${ending})`,
  );
const postNegation = either(cues.POST_NEGATIONS, cues.ENDING_NEGATIONS);
/** "the nodule questioned earlier is not confirmed". */
const notConfirmed = new RegExp(
  `^${nounWords}(?:, )?${oneOf(cues.SEEN_BEFORE)}(?:, )?(?<cue>(?:is|are|was|were) not (?:confirmed|substantiated) )`,
);
/** "the cause of the effusion is unclear": the effusion is there. */
const ofUnknown =
  / (?:etiology|aetiology|cause|significance|nature|age|chronicity|extent) of (?:(?:the|this|these|an?) )?(?:[a-z0-9]+ ){0,3}$/;
const stillThere = new RegExp(`^${reach}${oneOf(cues.STILL_THERE)}`);
const answeredNo = new RegExp(
  `^${nounWords.replace('present', 'r|l|rt|lt|present')}(?<cue>${oneOf(cues.ANSWERS_NO)})(?=$|[,;(),/] )`,
);
const calledNormal = new RegExp(`^(?<cue>${oneOf(cues.CALLED_NORMAL)})`);
const almost =
  /(?:^| )(?:nearly|almost|partially|incompletely|partly|mostly|not|yet to) (?:yet |completely |fully |entirely )*(?:be )?(?:resolved?|cleared?) /;

/**
 * The reader of negation and uncertainty.
 * @param affirmed cues of uncertainty to leave out, as they are written in `cues.ts`
 */
export function scopeReader(affirmed: readonly Phrase[]) {
  const kept = (phrases: readonly Phrase[]) => phrases.filter((phrase) => !affirmed.includes(phrase));
  const uncertainties = starting(kept(cues.UNCERTAINTIES));
  const postUncertainty = either(kept(cues.POST_UNCERTAINTIES), cues.ENDING_UNCERTAINTIES);
  const adjacent = kept(cues.ADJACENT_UNCERTAINTIES);
  const adjacentUncertainty =
    adjacent.length === 0
      ? undefined
      : new RegExp(
          `^(?:(?!(?:may|might|could|is|are|represents?|reflects?|likely|suspicious|due|from) )[a-z0-9]+ ){0,3}?(?<cue>${oneOf(adjacent)})`,
        );

  const triggers = triggersOf([
    [...cues.PSEUDO_NEGATIONS, ...cues.NEGATIONS, ...cues.LEADING_NEGATIONS],
    kept(cues.UNCERTAINTIES),
  ]);

  function read(clause: string): Scopes {
    const negated: Scope[] = [];
    const words = triggers(clause);
    if (words.length === 0) return NOTHING;
    for (const match of matchesAt(negations, clause, words, 0)) {
      const start = match.index + match[0].length;
      // "( no )", "no ,": an answer.
      if (match[1] !== undefined || (ANSWER.test(match[0]) && /[),]/.test(clause[start] ?? ''))) continue;
      negated.push({ start, end: scopeEnd(clause, start, negationEnds), cue: match[0].trim() });
    }
    const uncertain: Scope[] = [];
    for (const { index, 0: text } of matchesAt(uncertainties, clause, words, 1)) {
      const start = index + text.length;
      uncertain.push({ start, end: scopeEnd(clause, start, uncertaintyEnds), cue: text.trim() });
    }
    return { negated, uncertain };
  }

  function judge(clause: string, { start, end }: Span, scopes: Scopes): Status {
    const rest = clause.slice(end);
    const said = (value: LabelValue, match: RegExpExecArray): Status => ({
      value,
      cue: match.groups!.cue!.trim(),
    });
    const doubted = postUncertainty.exec(rest) ?? adjacentUncertainty?.exec(rest);
    const refuted = notConfirmed.exec(rest);
    if (refuted) return said(0, refuted);
    if (doubted && !ofUnknown.test(clause.slice(0, start))) return said(-1, doubted);
    const lastWord = clause.lastIndexOf(' ', end - 2) + 1;
    const denied = covering(scopes.negated, start) ?? covering(scopes.negated, lastWord);
    if (denied) return { value: 0, cue: denied.cue };
    const normal = calledNormal.exec(rest) ?? answeredNo.exec(rest);
    if (normal) return said(0, normal);
    const gone = postNegation.exec(rest);
    if (gone && !almost.test(clause) && !stillThere.test(rest)) return said(0, gone);
    const unsure = covering(scopes.uncertain, start);
    return unsure ? { value: -1, cue: unsure.cue } : { value: 1 };
  }

  const statusAt = (clause: string, span: Span, scopes: Scopes): LabelValue =>
    judge(clause, span, scopes).value;
  return { read, judge, statusAt };
}

export type ScopeReader = ReturnType<typeof scopeReader>;

const NOTHING: Scopes = { negated: [], uncertain: [] };

function scopeEnd(clause: string, start: number, ends: RegExp): number {
  ends.lastIndex = start;
  for (let match = ends.exec(clause); match; match = ends.exec(clause)) {
    if (match[1] === undefined) return match.index;
  }
  return clause.length;
}

const covering = (scopes: readonly Scope[], at: number): Scope | undefined =>
  scopes.find(({ start, end }) => start <= at && at < end);
