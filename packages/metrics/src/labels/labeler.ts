import { CHEXPERT_14, type ChexpertClass, type LabelValue, type ReportLabels } from './classes';
import * as cues from './cues';
import { FINDINGS, OTHER_FINDING, SUBJECTS, type SubjectEntry } from './lexicon';
import { anywhere, oneOf, type Phrase } from './phrases';
import { splitSentences } from './sentences';

/** One place where a report speaks of a class. */
export interface Mention {
  /** `Other Finding` has no class of its own, but keeps a report from being No Finding. */
  readonly label: ChexpertClass | typeof OTHER_FINDING;
  readonly value: LabelValue;
  /** The sentence as the labeler read it: lower-case tokens, one space around each. */
  readonly sentence: string;
  /** The phrase inside that sentence. */
  readonly phrase: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}
interface Found extends Span {
  readonly label: Mention['label'];
  value: LabelValue;
  /** Findings next to each other with "or" between are uncertain; attributes of the heart are not. */
  readonly finding: boolean;
}

const KNOWN_SENTENCES = 20_000;
const known = new Map<string, readonly Mention[]>();

/** Every mention of a finding (never of No Finding), in the order of the text within each sentence. */
export function findMentions(report: string): Mention[] {
  return splitSentences(report).flatMap((sentence) => {
    let mentions = known.get(sentence);
    if (mentions === undefined) {
      mentions = splitClauses(sentence).flatMap((clause) => readClause(clause, sentence));
      if (known.size >= KNOWN_SENTENCES) known.clear();
      known.set(sentence, mentions);
    }
    return mentions as Mention[];
  });
}

/**
 * CheXpert labels of a report by rules: 1 positive, 0 negative, -1 uncertain, absent when not mentioned.
 * Over several mentions positive wins over uncertain, uncertain over negative. No Finding is 1 when nothing
 * but Support Devices is positive or uncertain, findings outside the classes (emphysema, scoliosis) included;
 * so it is 1 for an empty report, as in CheXpert. Else it is absent.
 * English chest X-ray reports, raw or cleaned (lower case, ` . ` between sentences).
 */
export function labelReport(report: string): ReportLabels {
  const found = new Map<Mention['label'], LabelValue>();
  for (const { label, value } of findMentions(report)) {
    const before = found.get(label);
    if (before === undefined || strength(value) > strength(before)) found.set(label, value);
  }
  const abnormal = [...found].some(([label, value]) => value !== 0 && label !== 'Support Devices');
  if (!abnormal) found.set('No Finding', 1);
  const labels: ReportLabels = {};
  for (const label of CHEXPERT_14) {
    const value = found.get(label);
    if (value !== undefined) labels[label] = value;
  }
  return labels;
}

const strength = (value: LabelValue): number => (value === 1 ? 2 : value === -1 ? 1 : 0);

const clauseBreaks = anywhere(cues.CLAUSE_BREAKS);

/** Parts of a sentence that negation does not cross, each starting and ending with a space. */
function splitClauses(sentence: string): string[] {
  const clauses: string[] = [];
  let from = 0;
  for (const { index, 0: text } of sentence.matchAll(clauseBreaks)) {
    clauses.push(sentence.slice(from, index));
    from = index + text.length - 1;
  }
  clauses.push(sentence.slice(from));
  return clauses;
}

function readClause(clause: string, sentence: string): Mention[] {
  const scopes = readScopes(clause);
  const found = [...readFindings(clause, scopes), ...readSubjects(clause, scopes)];
  found.sort((a, b) => a.start - b.start || a.end - b.end);
  loosenAlternatives(clause, found);
  return found.map(({ label, value, start, end }) => ({
    label,
    value,
    sentence,
    phrase: clause.slice(start, end).trim(),
  }));
}

interface Scopes {
  readonly negated: readonly Span[];
  readonly uncertain: readonly Span[];
}

const negations = new RegExp(`(?<= )(?:(${oneOf(cues.PSEUDO_NEGATIONS)})|${oneOf(cues.NEGATIONS)})`, 'g');
const pseudoNegation = new RegExp(` ${oneOf(cues.PSEUDO_NEGATIONS)}`);
const uncertainties = anywhere(cues.UNCERTAINTIES);
const endsOf = (ends: readonly Phrase[]) =>
  new RegExp(`(?<= )(?:(${oneOf(cues.SCOPE_BRIDGES)})|${oneOf(ends)})`, 'g');
const negationEnds = endsOf([...cues.SCOPE_ENDS, ...cues.NEGATION_ENDS]);
const uncertaintyEnds = endsOf(cues.SCOPE_ENDS);

function readScopes(clause: string): Scopes {
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

function scopeEnd(clause: string, start: number, ends: RegExp): number {
  ends.lastIndex = start;
  for (let match = ends.exec(clause); match; match = ends.exec(clause)) {
    if (match[1] === undefined) return match.index;
  }
  return clause.length;
}

const inside = (spans: readonly Span[], at: number): boolean =>
  spans.some(({ start, end }) => start <= at && at < end);

// Up to eight words of the same noun phrase (or list of them) between a finding and what is said of it.
const nounWords =
  '(?:(?!(?:is|are|was|were|has|have|there|with|which|seen|present|noted|may|could) )[a-z0-9,/]+ ){0,8}?';
const postNegation = new RegExp(`^${nounWords}${oneOf(cues.POST_NEGATIONS)}`);
const postUncertainty = new RegExp(`^${nounWords}${oneOf(cues.POST_UNCERTAINTIES)}`);
const calledNormal = new RegExp(`^${oneOf(cues.CALLED_NORMAL)}`);
const almost =
  /(?:^| )(?:nearly|almost|partially|incompletely|partly|essentially|mostly) (?:completely )?(?:resolved|cleared) /;
const notStated = new RegExp(` ${oneOf(cues.NOT_STATED)}$`);

function statusAt(clause: string, { start, end }: Span, scopes: Scopes): LabelValue {
  const rest = clause.slice(end);
  if (postUncertainty.test(rest)) return -1;
  const lastWord = clause.lastIndexOf(' ', end - 2) + 1;
  if (inside(scopes.negated, start) || inside(scopes.negated, lastWord)) return 0;
  if (calledNormal.test(rest)) return 0;
  if (postNegation.test(rest) && !almost.test(clause)) return 0;
  return inside(scopes.uncertain, start) ? -1 : 1;
}

const findings = FINDINGS.map(({ label, phrases, except, hint }) => ({
  label,
  hint,
  phrases: anywhere(phrases),
  except: except && anywhere(except),
}));

function readFindings(clause: string, scopes: Scopes): Found[] {
  const found: Found[] = [];
  for (const { label, phrases, except, hint } of findings) {
    let excluded: Span[] | undefined;
    for (const match of clause.matchAll(phrases)) {
      const span = { start: match.index, end: match.index + match[0].length };
      excluded ??= except ? [...clause.matchAll(except)].map(spanOf) : [];
      if (excluded.some(({ start, end }) => start < span.end && span.start < end)) continue;
      if (notStated.test(clause.slice(0, span.start))) continue;
      const status = statusAt(clause, span, scopes);
      found.push({ ...span, label, value: hint && status === 1 ? -1 : status, finding: true });
    }
  }
  return found;
}

const spanOf = (match: RegExpExecArray): Span => ({
  start: match.index,
  end: match.index + match[0].length,
});

const alternatives =
  /^(?:(?:[a-z0-9]+ )?(?:and \/ )?or|(?:[a-z0-9]+ ){0,5}(?:versus|vs)) (?:[a-z0-9]+ ){0,4}$/;

/** "atelectasis or infiltrate": both uncertain, unless something settled them already. */
function loosenAlternatives(clause: string, found: Found[]): void {
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

const verb =
  '(?:is|are|was|were|appears?|remains?|demonstrates?|looks?|measures|shows?|seems?|has|have|had|be) ';
const otherNoun =
  '(?:the|there|lungs?|aort[a-z]*|pulmonary|vascul[a-z]*|hil[a-z]*|bony|osseous|trachea|mediast[a-z]*|cardi[a-z]*|heart) ';

function compileSubject({ label, subjects, except, abnormal, borderline, normal, hedges }: SubjectEntry) {
  const attribute = `(?:(?<borderline>${oneOf(borderline)})|(?<normal>${oneOf(normal)})|(?<abnormal>${oneOf(abnormal)}))`;
  const noVerb = `(?:(?!${verb})[a-z0-9,/():]+ ){0,10}?`;
  const noNoun = `(?:(?!${otherNoun})[a-z0-9,]+ ){0,5}?`;
  return {
    label,
    subjects: anywhere(subjects),
    except: except && anywhere(except),
    hedges: hedges && new RegExp(` ${oneOf(hedges)}`),
    /** "… silhouette and aorta are mildly enlarged" or, without a verb, "heart size upper normal". */
    after: new RegExp(
      `^(?:${noVerb}${verb}${noNoun}|(?:(?!${verb}|${otherNoun}|and )[a-z0-9:]+ ){0,4}?)${attribute}`,
    ),
    /** "enlargement of the …", "normal cardiac and mediastinal contours". */
    before: new RegExp(
      `(?<= )${attribute}(?:(?:in )?(?:size |contours? |appearance |caliber |sized |degree )?(?:and (?:shape|contours?|configuration|appearance) )?(?:of |in )?(?:the |both )?)?(?:(?:enlarged|heart|cardiac|size|silhouette|contour|overall) ){0,3}(?:and )?(?:right |left |lateral |posterior |superior )?$`,
    ),
  };
}

const subjectRules = SUBJECTS.map(compileSubject);

function readSubjects(clause: string, scopes: Scopes): Found[] {
  const found: Found[] = [];
  for (const rule of subjectRules) {
    let excluded: Span[] | undefined;
    for (const match of clause.matchAll(rule.subjects)) {
      const { start, end } = spanOf(match);
      excluded ??= rule.except ? [...clause.matchAll(rule.except)].map(spanOf) : [];
      if (excluded.some((span) => span.start < end && start < span.end)) continue;
      const ahead = clause.slice(0, start);
      const before = rule.before.exec(ahead);
      const attribute = before ?? rule.after.exec(clause.slice(end));
      if (!attribute?.groups) continue;
      const { borderline, normal, abnormal } = attribute.groups;
      const text = (borderline ?? normal ?? abnormal)!;
      const at = before ? before.index : end + attribute[0].length - text.length;
      let value = subjectStatus(clause, { start: at, end: at + text.length }, attribute.groups, scopes);
      if (value === 1 && rule.hedges?.test(clause)) value = -1;
      found.push({
        start: Math.min(start, at),
        end: Math.max(end, at + text.length),
        label: rule.label,
        value,
        finding: false,
      });
    }
  }
  return found;
}

function subjectStatus(
  clause: string,
  span: Span,
  { normal, borderline }: Record<string, string | undefined>,
  scopes: Scopes,
): LabelValue {
  if (normal !== undefined) return 0;
  const status = statusAt(clause, span, scopes);
  return borderline !== undefined && status === 1 ? -1 : status;
}
