import { REPORTED, type SectionName, selectSections } from '@raca/text';
import { CHEXPERT_14, type ChexpertClass, type LabelValue, type ReportLabels } from './classes';
import { splitClauses } from './clauses';
import { CHEXPERT_CONVENTION, type Convention } from './conventions';
import { type Found, findingReader, loosenAlternatives } from './findings';
import { FINDINGS } from './lexicon';
import { type Severity, type Side, severityOf, sideOf } from './modifiers';
import { OTHER_FINDING } from './other-findings';
import { oneOf } from './phrases';
import { scopeReader } from './scopes';
import { splitSentences } from './sentences';
import { SUBJECTS } from './subject-lexicon';
import { subjectReader } from './subjects';

/** One place where a report speaks of a class. */
export interface Mention {
  /** `Other Finding` has no class of its own, but keeps a report from being No Finding. */
  readonly label: ChexpertClass | typeof OTHER_FINDING;
  readonly value: LabelValue;
  /** Where the clause says so: `left`, `right` or `bilateral`. */
  readonly side?: Side;
  /** Where the clause says so: `mild` (small, minimal), `moderate` or `severe` (large, marked). */
  readonly severity?: Severity;
  /** The words that deny or doubt it (`no`, `cannot be excluded`); absent where it is only named. */
  readonly cue?: string;
  /** The sentence as the labeler read it: lower-case tokens, one space around each. */
  readonly sentence: string;
  /** The phrase inside that sentence. */
  readonly phrase: string;
}

export interface RuleLabeler {
  labelReport(report: string): ReportLabels;
  findMentions(report: string): Mention[];
}

const KNOWN_SENTENCES = 20_000;

/** What a labeler reads of a report. */
export interface LabelerOptions {
  /**
   * Sections whose text counts; default {@link REPORTED}: findings, impression, addendum and untitled text, never
   * what was asked (INDICATION, HISTORY), compared with or done.
   */
  readonly sections?: readonly SectionName[] | 'all';
}

/** The rule labeler under a convention: {@link CHEXPERT_CONVENTION} or another one. Remembers sentences. */
export function ruleLabeler(
  convention: Convention = CHEXPERT_CONVENTION,
  { sections = REPORTED }: LabelerOptions = {},
): RuleLabeler {
  const scopeRules = scopeReader(convention.affirmed);
  const readFindings = findingReader([...FINDINGS, ...convention.added], scopeRules);
  const readSubjects = subjectReader(SUBJECTS, scopeRules, convention.borderline);
  const elsewhere = new Map(
    convention.elsewhere.map(({ label, phrases }) => [label as string, new RegExp(` ${oneOf(phrases)}`)]),
  );
  function readClause(clause: string): Found[] {
    const scopes = scopeRules.read(clause);
    const found = [...readFindings(clause, scopes), ...readSubjects(clause, scopes)];
    found.sort((a, b) => a.start - b.start || a.end - b.end);
    if (convention.alternatives === -1) loosenAlternatives(clause, found);
    for (const place of found) {
      if (elsewhere.get(place.label)?.test(` ${clause.slice(place.start, place.end)}`))
        place.label = OTHER_FINDING;
    }
    return found;
  }

  const valuesOf = remembered((sentence): readonly Pick<Mention, 'label' | 'value'>[] =>
    splitClauses(sentence).flatMap(readClause),
  );

  const mentionsOf = remembered((sentence): readonly Mention[] =>
    splitClauses(sentence).flatMap((clause) => {
      const found = readClause(clause);
      return found.map(({ label, value, cue, start, end }, i) => {
        const side = sideOf(clause, found, i);
        const severity = severityOf(clause, found, i);
        return {
          label,
          value,
          ...(side && { side }),
          ...(severity && { severity }),
          ...(cue && { cue }),
          sentence,
          phrase: clause.slice(start, end).trim(),
        };
      });
    }),
  );

  const sentencesOf = (report: string): string[] => splitSentences(selectSections(report, sections));
  return {
    findMentions: (report) => sentencesOf(report).flatMap(mentionsOf),
    labelReport(report) {
      const sentences = sentencesOf(report);
      return strongest(sentences.flatMap(valuesOf), sentences.some(saysSomething));
    },
  };
}

/** A function of a sentence that remembers the last thousands of its answers. */
function remembered<T>(read: (sentence: string) => T): (sentence: string) => T {
  const known = new Map<string, T>();
  return (sentence) => {
    let answer = known.get(sentence);
    if (answer === undefined) {
      answer = read(sentence);
      if (known.size >= KNOWN_SENTENCES) known.clear();
      known.set(sentence, answer);
    }
    return answer;
  };
}

/** Anything but marks of de-identification and tokens that stand for no word. */
const WORD = / (?!(?:x{3,}|unk|pad|bos|eos|nan|null|none) )[a-z]{2,} /;
const saysSomething = (sentence: string): boolean => WORD.test(sentence);

function strongest(mentions: readonly Pick<Mention, 'label' | 'value'>[], says: boolean): ReportLabels {
  const found = new Map<Mention['label'], LabelValue>();
  for (const { label, value } of mentions) {
    const before = found.get(label);
    if (before === undefined || strength(value) > strength(before)) found.set(label, value);
  }
  const abnormal = [...found].some(([label, value]) => value !== 0 && label !== 'Support Devices');
  if (!abnormal && says) found.set('No Finding', 1);
  const labels: ReportLabels = {};
  for (const label of CHEXPERT_14) {
    const value = found.get(label);
    if (value !== undefined) labels[label] = value;
  }
  return labels;
}

const strength = (value: LabelValue): number => (value === 1 ? 2 : value === -1 ? 1 : 0);

const chexpert = ruleLabeler();

/** Every mention of a finding (never of No Finding), in the order of the text within each sentence. */
export const findMentions = (report: string): Mention[] => chexpert.findMentions(report);

/**
 * CheXpert labels of a report by rules: 1 positive, 0 negative, -1 uncertain, absent when not mentioned.
 * Over several mentions positive wins over uncertain, uncertain over negative. No Finding is 1 when nothing but
 * Support Devices is positive or uncertain, findings outside the classes (emphysema, scoliosis) included; else it is
 * absent. A report without words (empty, `<unk>`, only an indication) has no labels at all.
 * English chest X-ray reports, raw, as templates or lists, or cleaned (lower case, ` . ` between sentences).
 */
export const labelReport = (report: string): ReportLabels => chexpert.labelReport(report);
