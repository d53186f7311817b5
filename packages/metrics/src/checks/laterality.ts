import { findMentions, type Mention } from '../labels/labeler';
import type { StreamingScorer } from '../streaming';
import { faultRate } from './rate';

/** Two mentions of one finding that cannot both hold. */
export interface Contradiction {
  readonly affirmed: Mention;
  readonly denied: Mention;
}

/**
 * Findings that a report affirms on a side and denies on the same side, on both, or (with the same phrase and no
 * degree: "no effusion", not "no large effusion") anywhere. By the rule labeler's mentions.
 */
export function lateralityContradictions(report: string): Contradiction[] {
  const mentions = findMentions(report);
  const denials = mentions.filter(({ value }) => value === 0);
  return mentions
    .filter(({ value, side }) => value === 1 && side !== undefined)
    .flatMap((affirmed) => {
      const denied = denials.find((denial) => contradicts(affirmed, denial));
      return denied ? [{ affirmed, denied }] : [];
    });
}

function contradicts(affirmed: Mention, denial: Mention): boolean {
  if (denial.label !== affirmed.label || denial.severity !== undefined) return false;
  if (denial.sentence === affirmed.sentence) return false;
  if (denial.side === undefined) return denial.phrase === affirmed.phrase;
  return denial.side === affirmed.side || denial.side === 'bilateral' || affirmed.side === 'bilateral';
}

/**
 * Laterality contradictions inside generated reports: affirmed findings with a side that the report denies elsewhere,
 * over all affirmed findings with a side (`laterality/finding`), and reports with one (`laterality/report`).
 */
export const lateralityRate = (): StreamingScorer =>
  faultRate('laterality', 'finding', ({ hypothesis }) => ({
    faults: lateralityContradictions(hypothesis).length,
    places: findMentions(hypothesis).filter(({ value, side }) => value === 1 && side !== undefined).length,
  }));
