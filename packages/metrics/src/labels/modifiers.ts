import { anywhere, type Phrase } from './phrases';
import type { Span } from './scopes';

export type Side = 'left' | 'right' | 'bilateral';
export type Severity = 'mild' | 'moderate' | 'severe';

/** Words that tell the side. "right greater than left" and "right and left" are both sides. */
export const SIDES: Readonly<Record<Side, readonly Phrase[]>> = {
  bilateral: [
    'bilateral*',
    '(both|bibasilar|bibasal|biapical|bihilar)',
    '(right|left) (sided)? ~ (greater_than|worse_than|more_than|less_than|and|or) (the)? (left|right)',
  ],
  left: ['left', 'leftward', 'lingula*'],
  right: ['right', 'rightward'],
};

/** Words that tell the degree. */
export const SEVERITIES: Readonly<Record<Severity, readonly Phrase[]>> = {
  severe: [
    '(severe*|marked*|large*|massive*|extensive*|gross*|significant*|substantial*|huge|advanced|florid)',
  ],
  moderate: ['(moderate*|medium)'],
  mild: ['(mild*|minimal*|small*|slight*|tiny|trace|subtle|faint*|minor|little|borderline|early)'],
};

interface Word<T> extends Span {
  readonly value: T;
}

/** Finds the words of a table, the longest first where two overlap. */
function wordFinder<T extends string>(table: Readonly<Record<T, readonly Phrase[]>>) {
  const rules = (Object.entries(table) as [T, readonly Phrase[]][]).map(
    ([value, phrases]) => [value, anywhere(phrases)] as const,
  );
  return (text: string): Word<T>[] => {
    const words = rules.flatMap(([value, phrases]) =>
      [...text.matchAll(phrases)].map(({ index, 0: { length } }) => ({
        value,
        start: index,
        end: index + length,
      })),
    );
    return words.filter((word) => !words.some((other) => other.start <= word.start && word.end < other.end));
  };
}

const findSides = wordFinder(SIDES);
const findSeverities = wordFinder(SEVERITIES);

// What parts the adjectives of a finding from the text before it.
const nounPhraseStart =
  /.* (?:and|or|with|without|of|in|at|is|are|was|were|has|have|there|shows?|from|for|to|but|,|:|;|\/) /;
const listOnly =
  /^(?:(?:and|or|,|\/|with|associated|a|an|the|adjacent|mild|small|pleural|possible|probable|likely) )*$/;
const predicate = /^(?:(?:is|are|was|were|appears?|remains?) )(?:[a-z0-9]+ ){0,2}/;

const last = <T>(words: readonly Word<T>[]): T | undefined =>
  words.length === 0 ? undefined : words.reduce((a, b) => (b.start >= a.start ? b : a)).value;
const first = <T>(words: readonly Word<T>[]): T | undefined =>
  words.length === 0 ? undefined : words.reduce((a, b) => (b.start < a.start ? b : a)).value;

/**
 * Side of finding `i` of a clause: said in its own noun phrase ("left pleural effusion"), else behind it up to
 * the next finding, a list sharing what follows ("atelectasis and effusion on the left"), else before it
 * ("the left base shows an opacity").
 */
export function sideOf(clause: string, found: readonly Span[], i: number): Side | undefined {
  return (
    last(findSides(adjectives(clause, found, i))) ??
    first(findSides(` ${following(clause, found, i)}`)) ??
    last(findSides(preceding(clause, found, i)))
  );
}

/** Severity of finding `i` of a clause: in its own noun phrase, else in what is said of it ("is small"). */
export function severityOf(clause: string, found: readonly Span[], i: number): Severity | undefined {
  const predicateText = predicate.exec(clause.slice(found[i]!.end))?.[0] ?? '';
  return last(findSeverities(adjectives(clause, found, i))) ?? first(findSeverities(` ${predicateText}`));
}

/** From the end of the finding before to this one's start. */
function preceding(clause: string, found: readonly Span[], i: number): string {
  const { start } = found[i]!;
  const from = Math.max(0, ...found.filter(({ end }) => end <= start).map(({ end }) => end - 1));
  return clause.slice(from, start);
}

/** The noun phrase up to the end of the finding: "small left pleural effusion". */
function adjectives(clause: string, found: readonly Span[], i: number): string {
  const before = preceding(clause, found, i);
  const cut = nounPhraseStart.exec(before)?.[0].length ?? 0;
  const { start, end } = found[i]!;
  return ` ${before.slice(Math.max(0, cut - 1)).trimStart()}${clause.slice(start, end)}`;
}

function following(clause: string, found: readonly Span[], i: number): string {
  let { end } = found[i]!;
  for (;;) {
    const next = found.filter(({ start }) => start >= end).sort((a, b) => a.start - b.start)[0];
    if (!next) return clause.slice(end);
    const between = clause.slice(end, next.start);
    if (!listOnly.test(between)) return between;
    end = next.end;
  }
}
