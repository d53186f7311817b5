import { findMentions, type Mention } from '../labels/labeler';
import type { Side } from '../labels/modifiers';
import type { PairMetric } from '../types';
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
  const denials = new Map<string, Mention[]>(); // by what they rule out, two sentences at most
  mentions.forEach((denial) => {
    if (denial.value !== 0 || denial.severity !== undefined) return;
    const key = denial.side === undefined ? phraseKey(denial) : sideKey(denial, denial.side);
    const known = denials.get(key);
    if (!known) denials.set(key, [denial]);
    else if (known.length === 1 && known[0]!.sentence !== denial.sentence) known.push(denial);
  });
  return mentions.flatMap((affirmed) => {
    if (affirmed.value !== 1 || affirmed.side === undefined) return [];
    const sides: readonly Side[] = affirmed.side === 'bilateral' ? SIDES : [affirmed.side, 'bilateral'];
    const denied = [phraseKey(affirmed), ...sides.map((side) => sideKey(affirmed, side))]
      .flatMap((key) => denials.get(key) ?? [])
      .find(({ sentence }) => sentence !== affirmed.sentence);
    return denied ? [{ affirmed, denied }] : [];
  });
}

const SIDES: readonly Side[] = ['left', 'right', 'bilateral'];
const phraseKey = ({ label, phrase }: Mention): string => `${label}: ${phrase}`;
const sideKey = ({ label }: Mention, side: Side): string => `${label}, ${side}`;

/**
 * Laterality contradictions inside generated reports: affirmed findings with a side that the report denies elsewhere,
 * over all affirmed findings with a side (`laterality/finding`), and reports with one (`laterality/report`).
 */
export const lateralityRate = (): PairMetric =>
  faultRate('laterality', 'finding', ({ hypothesis }) => ({
    faults: lateralityContradictions(hypothesis).length,
    places: findMentions(hypothesis).filter(({ value, side }) => value === 1 && side !== undefined).length,
  }));
