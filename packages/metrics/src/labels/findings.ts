import type { ChexpertClass, LabelValue } from './classes';
import { NOT_STATED, PSEUDO_NEGATIONS } from './cues';
import type { FindingEntry } from './lexicon';
import { OTHER_FINDING } from './other-findings';
import { anywhere, oneOf, starting } from './phrases';
import { type ScopeReader, type Scopes, type Span, spanOf } from './scopes';
import { matchesAt, triggersOf } from './triggers';

/** A phrase found in a clause, before it becomes a mention. */
export interface Found extends Span {
  label: ChexpertClass | typeof OTHER_FINDING;
  value: LabelValue;
  /** The words that deny or doubt it. */
  cue?: string;
  /** Findings next to each other with "or" between are uncertain; attributes of the heart are not. */
  readonly finding: boolean;
}

/** "the tip of the tube is not seen": the tube is there. */
const tipBefore =
  / (?:tips?|ends?|portion|segment|course|side port|side hole|sidehole|position|terminus|termination) (?:of |for )(?:[a-z0-9]+ ){0,4}$/;
const tipBehind =
  /^(?:s )?(?:tube |catheter |line |lead )?(?:tips?|side port|sidehole|course|terminus|position) /;
const saysWhere = (clause: string, { start, end }: Span): boolean =>
  tipBefore.test(clause.slice(0, start)) || tipBehind.test(clause.slice(end));

const notStated = new RegExp(` ${oneOf(NOT_STATED)}$`);

/** Reader of phrases that name a finding by themselves. */
export function findingReader(entries: readonly FindingEntry[], { judge }: ScopeReader) {
  const rules = entries.map(({ label, phrases, except, past, hint }) => ({
    label,
    hint,
    phrases: starting(phrases),
    except: except && anywhere(except),
    past: past && new RegExp(` ${oneOf(past)}$`),
  }));
  const triggers = triggersOf(entries.map(({ phrases }) => phrases));
  return (clause: string, scopes: Scopes): Found[] => {
    const found: Found[] = [];
    const words = triggers(clause);
    if (words.length === 0) return found;
    for (const [n, { label, phrases, except, past, hint }] of rules.entries()) {
      let excluded: Span[] | undefined;
      for (const match of matchesAt(phrases, clause, words, n)) {
        const span = spanOf(match);
        excluded ??= except ? [...clause.matchAll(except)].map(spanOf) : [];
        if (excluded.some(({ start, end }) => start < span.end && span.start < end)) continue;
        if (notStated.test(clause.slice(0, span.start))) continue;
        const { value, cue } = judge(clause, span, scopes);
        if (value !== 0 && past?.test(clause.slice(0, span.start))) continue;
        if (label === 'Support Devices' && value !== 1 && saysWhere(clause, span)) {
          found.push({ ...span, label, value: 1, finding: true });
          continue;
        }
        found.push({
          ...span,
          label,
          value: hint && value === 1 ? -1 : value,
          ...(cue && { cue }),
          finding: true,
        });
      }
    }
    return found.length > 1 ? withoutHeadings(clause, found) : found;
  };
}

/** "Pneumothorax: no pneumothorax": the heading says nothing that its text does not. */
function withoutHeadings(clause: string, found: Found[]): Found[] {
  if (!clause.includes(' : ')) return found;
  const repeated = ({ label, end }: Found): boolean =>
    clause.startsWith(': ', end) && found.some((other) => other.label === label && other.start > end);
  return found.filter((place) => !repeated(place));
}

const pseudoNegation = new RegExp(` ${oneOf(PSEUDO_NEGATIONS)}`);
const alternatives =
  /^(?:(?:[a-z0-9]+ )?(?:and \/ )?or|(?:[a-z0-9]+ ){0,5}(?:versus|vs)) (?:[a-z0-9]+ ){0,4}$/;

/** "atelectasis or infiltrate": both uncertain, unless something settled them already. */
export function loosenAlternatives(clause: string, found: readonly Found[]): void {
  const list = found.filter(({ finding, label }) => finding && label !== OTHER_FINDING);
  for (let i = 1; i < list.length; i++) {
    const a = list[i - 1]!;
    const b = list[i]!;
    if (a.end > b.start || a.label === b.label || a.value === 0 || b.value === 0) continue;
    if (pseudoNegation.test(clause)) continue;
    if (alternatives.test(clause.slice(a.end, b.start))) {
      a.value = -1;
      b.value = -1;
    }
  }
}
