import { type Part, partOf } from '@raca/text';
import type { Sections } from './sections';

/** The parts of a MIMIC-CXR report and what was unusual about it. */
export interface MimicReport {
  readonly sections: Sections & { readonly addendum?: string };
  readonly remarks: readonly Remark[];
}

/** Unusual forms, counted by the import. */
export const REMARKS = [
  'several findings sections',
  'several impressions',
  'findings and impression in one section',
  'misspelt or other header',
  'header inside a line',
  'wet read',
  'wet read only',
  'addendum',
  'no header of findings or impression: last paragraph',
  'no text besides indication, technique and comparison',
] as const;
export type Remark = (typeof REMARKS)[number];

interface Piece {
  readonly part: Part | 'body';
  /** As written; empty for text before the first header. */
  readonly header: string;
  readonly paragraphs: string[];
}

/**
 * Splits a report into its sections. Rules, ours:
 *
 * - the text after the line `FINAL REPORT` counts; a wet read before it does not, unless there is nothing else
 * - a header is a line that begins with words in capitals (or a known name in any case) and a colon; known ones are
 *   told by their words, misspelt ones by edit distance; unknown ones (`LUNGS:`) belong to the text around them
 * - `FINDINGS:` and `IMPRESSION:` also count inside a line, after the end of a sentence
 * - sections that come twice are joined; `FINDINGS AND IMPRESSION` counts as findings
 * - under `INDICATION`, `COMPARISON`, `TECHNIQUE` and titles only the first paragraph belongs to the header
 * - without findings and impression, the last paragraph that belongs to no such header is the untitled text
 */
export function parseMimicReport(raw: string): MimicReport {
  const remarks = new Set<Remark>();
  const { blocks, wetReadOnly } = body(raw, remarks);
  const pieces = blocks.flatMap((lines) => cut(lines, remarks));
  const of = (...parts: Part[]): string[] =>
    pieces
      .filter(({ part }) => parts.includes(part as Part))
      .map(({ paragraphs }) => paragraphs.join(' '))
      .filter(Boolean);
  const findings = of('findings', 'both');
  const impression = of('impression');
  if (findings.length > 1) remarks.add('several findings sections');
  if (impression.length > 1) remarks.add('several impressions');
  if (of('both').length > 0) remarks.add('findings and impression in one section');
  const addendum = of('addendum');
  if (addendum.length > 0) remarks.add('addendum');

  let untitled: string | undefined;
  if (findings.length === 0 && impression.length === 0) {
    untitled = looseParagraphs(pieces).at(-1);
    if (untitled === undefined) remarks.add('no text besides indication, technique and comparison');
    else if (wetReadOnly) remarks.add('wet read only');
    else remarks.add('no header of findings or impression: last paragraph');
  }
  const first = (part: Part) => pieces.find((piece) => piece.part === part)?.paragraphs[0];
  return {
    sections: present({
      findings: findings.join(' ') || undefined,
      impression: impression.join(' ') || undefined,
      untitled,
      indication: first('indication'),
      comparison: first('comparison'),
      technique: first('technique'),
      addendum: addendum.join(' ') || undefined,
    }),
    remarks: [...remarks],
  };
}

/** What the final report says, and the addendum before it, without rules, wet reads and reviewers' notes. */
function body(raw: string, remarks: Set<Remark>): { blocks: string[][]; wetReadOnly: boolean } {
  const lines = raw
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => (RULE.test(line) || REVIEWED.test(line) ? '' : line.trim()));
  const isWet = (line: string) => /^WET READ\b/i.test(line);
  if (lines.some(isWet)) remarks.add('wet read');
  const final = lines.findIndex((line) => /^FINAL REPORT\b/i.test(line));
  if (final < 0) {
    const blocks = [lines.filter((line) => !isWet(line)).map(asHeader)];
    return { blocks, wetReadOnly: lines.some(isWet) };
  }
  const before = untilWet(lines.slice(0, final).map(asHeader), (line) => /^ADDENDUM:/.test(line), isWet);
  const after = untilWet(lines.slice(final + 1).map(asHeader), () => true, isWet);
  return { blocks: [before, after], wetReadOnly: false };
}

const RULE = /^[\s_=*-]{10,}$/;
const REVIEWED = /^\s*(the )?study and (the )?report were reviewed by/i;

/** `FINAL ADDENDUM` above a block is a header without a colon. */
const asHeader = (line: string): string =>
  line.replace(/^FINAL ADDENDUM\b\s*:?|^ADDENDUM\b\s*$/i, 'ADDENDUM:');

/** The lines from the first that `begins` up to a wet read. */
function untilWet(
  lines: readonly string[],
  begins: (line: string) => boolean,
  isWet: (line: string) => boolean,
): string[] {
  const start = lines.findIndex(begins);
  if (start < 0) return [];
  const end = lines.findIndex((line, i) => i >= start && isWet(line));
  return lines.slice(start, end < 0 ? undefined : end);
}

/** Headers in capitals (a colon between digits is a time), or of a known name in any case. */
const CAPITALS = /^([A-Z](?:[A-Z0-9 ,.'&/()#_-]|\([sS]\)|(?<=\d):(?=\d)){2,70}?)\s*:(?!\d)\s*(.*)$/;
const KNOWN =
  /^((?:findings?|impressions?|conclusions?|indications?|history|comparisons?|technique|examination|addendum|recommendations?|notifications?)(?:\s*(?:and|&|\/)\s*(?:findings?|impressions?|recommendations?))?)\s*:\s*(.*)$/i;
const INLINE = /([.?!])\s+((?:FINDINGS?|IMPRESSIONS?|CONCLUSIONS?)\s*:)/g;

function cut(lines: readonly string[], remarks: Set<Remark>): Piece[] {
  const pieces: Piece[] = [{ part: 'body', header: '', paragraphs: [] }];
  let open = false; // whether the next line goes on with the last paragraph
  const add = (text: string) => {
    const { paragraphs } = pieces[pieces.length - 1];
    if (open && text !== '') paragraphs.push(`${paragraphs.pop()} ${text}`);
    else if (text !== '') paragraphs.push(text);
    open = text !== '';
  };
  for (const line of lines) {
    const split = line.replace(INLINE, '$1\n$2');
    if (split !== line) remarks.add('header inside a line');
    for (const text of split.split('\n').map((piece) => piece.replace(/\s+/g, ' ').trim())) {
      const [, header, rest] = KNOWN.exec(text) ?? CAPITALS.exec(text) ?? [];
      if (header !== undefined) open = false;
      const part = header === undefined ? undefined : partOf(header);
      const goesOn = part === 'examination' && isHeading(rest, pieces[pieces.length - 1]);
      if (header === undefined || part === undefined || goesOn) {
        add(text);
        continue;
      }
      if (!isPlain(header, part)) remarks.add('misspelt or other header');
      pieces.push({ part, header, paragraphs: [] });
      add(rest);
    }
  }
  return pieces;
}

/** `CHEST: ...` inside findings is a heading of their text; alone on its line after some text it begins another exam. */
const isHeading = (rest: string, { part, paragraphs }: Piece): boolean =>
  ['findings', 'impression', 'both'].includes(part) && (rest !== '' || paragraphs.length === 0);

const PLAIN = /^(FINDINGS|IMPRESSION)$/;
const isPlain = (header: string, part: Part): boolean =>
  (part !== 'findings' && part !== 'impression') || PLAIN.test(header);

/** Paragraphs that belong to no indication, comparison, technique, note or addendum, in order. */
function looseParagraphs(pieces: readonly Piece[]): string[] {
  return pieces.flatMap(({ part, header, paragraphs }) => {
    if (part === 'aside' || part === 'addendum') return [];
    if (part === 'body') return paragraphs;
    if (part === 'examination' && !/\b(EXAM|EXAMINATION|STUDY)\b/i.test(header)) return paragraphs;
    return paragraphs.slice(1);
  });
}

function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
