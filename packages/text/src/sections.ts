import { isHeaderWord, type Part, partInForm } from './headers';
import { tidy } from './tidy';
import { isWrapped, widthOf } from './wrapped-lines';

/** One stretch of a report under one header. */
export interface Section {
  /** `untitled` for text under no header that is known. */
  readonly part: Part | 'untitled';
  /** As written, without its colon; empty for untitled text. */
  readonly header: string;
  readonly text: string;
}

/** Sections that can be chosen; `both` ("FINDINGS AND IMPRESSION") counts as each of its two. */
export const SECTION_NAMES = [
  'findings',
  'impression',
  'addendum',
  'untitled',
  'indication',
  'comparison',
  'technique',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

/** What the radiologist reports about this study: the default of everything that reads findings. */
export const REPORTED: readonly SectionName[] = ['findings', 'impression', 'addendum', 'untitled'];

/**
 * The sections of a report, in order. A header is known by its words ({@link partInForm}): in front of a colon at the
 * start of a line or sentence, in capitals or capitalised also inside a line, or alone on a line. Headings inside
 * findings (`Lungs:`) belong to the text around them.
 *
 * Under INDICATION, COMPARISON, TECHNIQUE and the like only the first paragraph belongs to the header. Where a
 * report has no header of findings or impression, it is only the first line (wrapped lines are one), of a comparison
 * or technique only the first sentence. A diagnosis in front of a report with headers is why it was asked for, elsewhere
 * its conclusion.
 */
export function readSections(report: string): Section[] {
  const text = tidy(report).replace(DASHED_INSIDE, '$1$2: ');
  const headers = findHeaders(text);
  if (headers.length === 0) return text.trim() === '' ? [] : [{ part: 'untitled', header: '', text }];
  const titled = headers.some(({ part }) => REPORTING.has(part));
  const sections: Section[] = [];
  const add = (part: Section['part'], header: string, body: string): void => {
    if (part !== 'untitled' || body.trim() !== '') sections.push({ part, header, text: body.trim() });
  };
  const lead = text.slice(0, headers[0]!.start);
  add(titled && lead.length < 300 && REQUEST.test(lead) ? 'indication' : 'untitled', '', lead);
  const lastReporting = headers.map(({ part }) => REPORTING.has(part)).lastIndexOf(true);
  const lastFinal = headers
    .map(({ start }) => /^final/i.test(text.slice(start, start + 5)))
    .lastIndexOf(true);
  headers.forEach(({ part: announced, start, end }, i) => {
    const header = text.slice(start, end).replace(/[\s:]+$/, '');
    const part =
      announced === 'diagnosis'
        ? i < lastReporting
          ? 'indication' // known before
          : 'impression'
        : i < lastFinal && /^prelim/i.test(header)
          ? 'aside'
          : announced;
    const body = text.slice(end, headers[i + 1]?.start);
    const own = REPORTING.has(part) ? body.length : ownLength(body, part, titled);
    add(part, header, body.slice(0, own));
    add('untitled', '', body.slice(own));
  });
  return sections;
}

/**
 * Text of the chosen sections, one paragraph each; empty where the report has none of them. `all` is the whole
 * report with its headers.
 */
export function selectSections(report: string, names: readonly SectionName[] | 'all' = REPORTED): string {
  if (names === 'all') return report;
  const wanted = new Set<string>(names);
  if (wanted.has('findings') || wanted.has('impression')) wanted.add('both');
  return readSections(report)
    .filter(({ part }) => wanted.has(part))
    .map(({ text }) => text)
    .join('\n\n');
}

/** Words of a request without a header, in front of a report with headers. */
const REQUEST =
  /\b(?:rule out|r\/o|please|eval(?:uate)?|query|\d+[- ]?(?:year[- ]old|y\/?o)|(?:presents|presenting|admitted) with)\b/i;

const REPORTING: ReadonlySet<Header['part']> = new Set(['findings', 'impression', 'both', 'addendum']);

interface Header {
  readonly part: Part | 'diagnosis';
  readonly start: number;
  readonly end: number;
}

/** Words, from the last mark that ends a sentence, an item or a cell. */
const HEADER_WORDS = /[A-Za-z][A-Za-z&/() '-]{0,70}$/;
const ALONE = /^[ \t]*([A-Za-z][A-Za-z&/ ]{2,40}?)[ \t]*$/;
/** "Indication - pneumonia. Findings - clear lungs." */
const DASHED_INSIDE =
  /(^|[.;][^\S\n])(Findings|Impression|Conclusion|Indication|History|Comparison|Technique|Report)[^\S\n][-–—][^\S\n]/gm;
const DASHED = /^[ \t]*([A-Z][A-Za-z&/ ]{3,40}?)[ \t]+[-–—][ \t]/;

function findHeaders(text: string): Header[] {
  const headers: Header[] = [];
  let from = 0;
  for (const line of text.split('\n')) {
    const alone = ALONE.exec(line) ?? DASHED.exec(line);
    const name = alone?.[1];
    const part = name !== undefined && wordsOf(name).every(isHeaderWord) ? announced(name) : undefined;
    if (alone && part) {
      headers.push({ part, start: from + line.indexOf(name!), end: from + alone[0].length });
    } else if (line.includes(':')) {
      headers.push(...headersOfLine(line, from));
    }
    from += line.length + 1;
  }
  return headers;
}

function headersOfLine(line: string, offset: number): Header[] {
  const headers: Header[] = [];
  let from = 0;
  for (let colon = line.indexOf(':'); colon >= 0; colon = line.indexOf(':', colon + 1)) {
    const before = HEADER_WORDS.exec(line.slice(Math.max(from, colon - 72), colon));
    if (before) {
      const start = colon - before[0].length;
      const first =
        line.slice(from, start).trim() === '' ||
        /[.?!;|\t\])•]\s*$/.test(line.slice(Math.max(0, start - 3), start));
      const found = headerAtEnd(before[0], first);
      if (found)
        headers.push({ part: found.part, start: offset + start + found.at, end: offset + colon + 1 });
    }
    from = colon + 1;
  }
  return headers;
}

/** These alone, in any case, are headers anywhere; others inside a line need a capital. */
const PLAIN = /^(?:findings?|impressions?|conclusions?|indications?|technique)$/i;

const LEADS = /^(?:CLINICAL|REASON|INDICATION|HISTORY|TECHNIQUE|COMPARISON|FINDINGS|IMPRESSION)\b/;

/** "Clinical concern", "Reason for consult". */
const ASKED = /^(?:(?:clinical|reason for) [a-z]+|[a-z]+(?:[- ][a-z]+)? (?:diagnosis|dx))$/i;

/** The header with which the words in front of a colon end. */
function headerAtEnd(words: string, first: boolean): (Pick<Header, 'part'> & { at: number }) | undefined {
  if (first && (words === words.toUpperCase() || ASKED.test(words))) {
    const part = announced(words);
    const list = wordsOf(words);
    // Misspelt, or with words that are not known behind those that are: "REASON FOR CONSULT".
    const other =
      list.length <= 4 && (LEADS.test(words.toUpperCase()) || ASKED.test(words) || !list.some(isHeaderWord));
    if (part && (other || list.every(isHeaderWord))) return { part, at: 0 };
  }
  let at = words.length;
  for (const { index, 0: word } of [...words.matchAll(/[A-Za-z]+/g)].reverse()) {
    const known = isHeaderWord(word.toUpperCase()) && (first || startsLarge(word) || at < words.length);
    if (!known && !(at === words.length && PLAIN.test(word))) break;
    at = index;
  }
  // "No effusion and FINDINGS:" must not begin with "and".
  while (at < words.length && /^(?:and|of|for|to|the|a|on|or|s)\b/.test(words.slice(at))) {
    at += /^[A-Za-z]+[^A-Za-z]*/.exec(words.slice(at))![0].length;
  }
  if (/\b(?:negative|positive)\s*$/i.test(words.slice(0, at))) return undefined; // "Negative findings:" heads a list
  const header = words.slice(at);
  const part = header === '' ? undefined : announced(header);
  if (!part) return undefined;
  const whole = first && at === 0;
  return whole || startsLarge(header) || PLAIN.test(header.trim()) ? { part, at } : undefined;
}

const startsLarge = (word: string): boolean => /^[A-Z]/.test(word);

const wordsOf = (header: string): string[] =>
  header
    .toUpperCase()
    .split(/[^A-Z]+/)
    .filter(Boolean);

/** `CHEST:` and the like head a text, they announce none; `EXAM:` and `STUDY:` do. */
function announced(header: string): Header['part'] | undefined {
  const part = partInForm(header);
  return part === 'examination' && !/\b(?:EXAM|EXAMINATION|STUDY)\b/i.test(header) ? undefined : part;
}

/** How much of the text after a header that reports nothing belongs to it. */
function ownLength(body: string, part: Part, titled: boolean): number {
  const lead = body.length - body.trimStart().length;
  const blank = /\n[^\S\n]*\n/.exec(body.slice(lead));
  const paragraph = blank ? lead + blank.index : body.length;
  if (titled) return paragraph;
  const lines = body.slice(lead, paragraph).split('\n');
  const width = widthOf(lines);
  let end = lead + lines[0]!.length;
  for (let i = 1; i < lines.length && isWrapped(lines[i - 1]!, lines[i]!, width, false); i++) {
    end += 1 + lines[i]!.length;
  }
  const next = part === 'indication' ? REPORT_BEGINS : /[.?!](?=\s+[A-Z])/;
  const stop = next.exec(body.slice(lead, end));
  return stop ? lead + stop.index + 1 : end;
}

/** A sentence that no clinician writes into a request. */
const REPORT_BEGINS =
  /[.?!](?=\s+(?:(?:CXR|Chest (?:[Xx]-?ray|radiograph|film))\b[^.:]{0,20}:|The (?!patient|pt)|There (?:is|are) (?:no|a|an|mild|small)|Lungs?\b|Heart\b|Cardio|Cardiac silhouette|No (?:focal|acute|pneumothorax|pleural|effusion|consolidation|evidence)))/;
