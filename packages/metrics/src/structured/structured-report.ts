import { FINDING_HEADINGS, type FindingHeading, headingOf } from './headings';

/** Sections besides the findings, which stand before Impression. */
export const REPORT_SECTIONS = ['History', 'Technique', 'Comparison'] as const;
export type ReportSection = (typeof REPORT_SECTIONS)[number];

/** A report in the form of SRRG; what is absent was not written. */
export interface StructuredReport {
  readonly sections: Readonly<Partial<Record<ReportSection, string>>>;
  /** Items by heading. */
  readonly findings: Readonly<Partial<Record<FindingHeading, readonly string[]>>>;
  /** Items in their order. */
  readonly impression: readonly string[];
}

/** A free report as a structured one. @param regions of each sentence, by name */
export function structureFindings(
  sentences: readonly string[],
  regions: readonly (readonly string[])[],
): StructuredReport {
  if (regions.length !== sentences.length) {
    throw new RangeError(
      `structureFindings: expected regions for each of ${sentences.length} sentences, got ${regions.length}`,
    );
  }
  const findings: Partial<Record<FindingHeading, string[]>> = {};
  sentences.forEach((sentence, i) => {
    const text = sentence.trim();
    if (text === '') return;
    const heading = headingOf(text, regions[i]!);
    findings[heading] = [...(findings[heading] ?? []), text];
  });
  return { sections: {}, findings, impression: [] };
}

/** As text: a line a heading, items after a dash, the impression numbered. Reads back by {@link parseStructured}. */
export function printStructured({ sections, findings, impression }: StructuredReport): string {
  const lines: string[] = [];
  for (const name of REPORT_SECTIONS) {
    if (sections[name] !== undefined) lines.push(`${name}: ${oneLine(sections[name])}`);
  }
  const headings = FINDING_HEADINGS.filter((heading) => findings[heading]?.length);
  if (headings.length > 0) lines.push('Findings:');
  for (const heading of headings) {
    lines.push(`${heading}:`, ...findings[heading]!.map((item) => `- ${oneLine(item)}`));
  }
  if (impression.length > 0)
    lines.push('Impression:', ...impression.map((item, i) => `${i + 1}. ${oneLine(item)}`));
  return lines.join('\n');
}

/** Marks before an item, and stars about a heading as some models write them. */
const ITEM = /^\s*(?:[-•*]|\d{1,2}[.)])\s+/;

/**
 * Reads a structured report, also one that a model wrote a little otherwise: headings in any case, with or without stars and colon; items after
 * a dash, a dot, a star or a number, or none; a line that begins no item goes on with the one before. Headings that are none of
 * {@link FINDING_HEADINGS} count as Other, with their name before the item; findings before any heading as Other too.
 */
export function parseStructured(text: string): StructuredReport {
  const sections: Partial<Record<ReportSection, string>> = {};
  const findings: Partial<Record<FindingHeading, string[]>> = {};
  const impression: string[] = [];
  let items: string[] | null = null;
  let section: ReportSection | null = null;
  let prefix = '';
  const under = (heading: FindingHeading): string[] => {
    findings[heading] ??= [];
    return findings[heading];
  };
  const take = (line: string): void => {
    const item = line.replace(ITEM, '').trim();
    if (item === '') return;
    if (section) sections[section] = [sections[section], item].filter(Boolean).join(' ');
    else {
      items ??= under('Other');
      const goesOn = !ITEM.test(line) && items.length > 0 && prefix === '';
      if (goesOn) items[items.length - 1] += ` ${item}`;
      else items.push(prefix + item);
    }
  };
  for (const line of text.split('\n')) {
    const found = headerOf(line);
    if (!found) {
      take(line);
      continue;
    }
    const { name, rest } = found;
    section = REPORT_SECTIONS.find((other) => other.toLowerCase() === name) ?? null;
    const heading = FINDING_HEADINGS.find((other) => other.toLowerCase() === name);
    const strange = !section && !heading && name !== 'impression' && name !== 'findings';
    prefix = strange ? `${found.written}: ` : '';
    if (name === 'impression') items = impression;
    else if (name === 'findings') items = null;
    else if (!section) items = under(heading ?? 'Other');
    if (rest) take(`- ${rest}`);
  }
  const filled = Object.entries(findings).filter(([, own]) => own.length > 0);
  return { sections, findings: Object.fromEntries(filled), impression };
}

/** Headings that stand without colon too. */
const KNOWN = [...REPORT_SECTIONS, 'Findings', 'Impression', ...FINDING_HEADINGS].map((name) =>
  name.toLowerCase(),
);

/** What a line announces, and what it says beside that; null for an item. */
function headerOf(line: string): { name: string; written: string; rest: string } | null {
  if (ITEM.test(line)) return null;
  const plain = line.replace(/\*\*|^#+\s*/g, '').trim();
  const colon = plain.indexOf(':');
  const written = (colon < 0 ? plain : plain.slice(0, colon)).trim();
  const name = written.toLowerCase();
  const known = KNOWN.includes(name);
  if (!known && !(colon >= 0 && colon === plain.length - 1 && /^[A-Za-z][A-Za-z ,/&-]{2,40}$/.test(written)))
    return null;
  return { name, written, rest: colon < 0 ? '' : plain.slice(colon + 1).trim() };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
