import { measure } from '../measure';
import { pairReports } from '../pairs';
import type { Metric, Scores } from '../types';
import { FINDING_HEADINGS, type FindingHeading } from './headings';
import type { StructuredReport } from './structured-report';

/** Scores of one section over a set. */
export interface SectionScores {
  /** Reports whose reference or text has the section; the others are left out. */
  readonly support: number;
  readonly scores: Scores;
}

/**
 * A metric of each section's text, items joined by blanks. A section that one side lacks is compared with an empty text.
 * @returns sections that no report has are left out
 * @throws RangeError if counts differ
 */
export function sectionScores(
  references: readonly StructuredReport[],
  generated: readonly StructuredReport[],
  metric: Metric,
): Partial<Record<FindingHeading | 'Impression', SectionScores>> {
  if (references.length !== generated.length) {
    throw new RangeError(
      `sectionScores: expected a report for each of ${references.length} references, got ${generated.length}`,
    );
  }
  const out: Partial<Record<FindingHeading | 'Impression', SectionScores>> = {};
  for (const name of [...FINDING_HEADINGS, 'Impression'] as const) {
    const sides = [references, generated].map((reports) => reports.map((report) => textOf(report, name)));
    const used = [...references.keys()].filter((i) => sides.some((texts) => texts[i] !== ''));
    if (used.length === 0) continue;
    const [own, said] = sides.map((texts) => used.map((i) => texts[i]!));
    out[name] = { support: used.length, scores: measure(metric, pairReports(own!, said!)).corpus };
  }
  return out;
}

const textOf = ({ findings, impression }: StructuredReport, name: FindingHeading | 'Impression'): string =>
  (name === 'Impression' ? impression : (findings[name] ?? [])).join(' ');
