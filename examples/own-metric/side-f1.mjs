import { findMentions } from '@raca/metrics';

/** Findings that a report affirms, with the side it gives: `Pleural Effusion left`. */
const sided = (report) =>
  new Set(
    findMentions(report)
      .filter(({ value, side }) => value === 1 && side !== undefined)
      .map(({ label, side }) => `${label} ${side}`),
  );

const f1 = (common, said, there) => (said + there === 0 ? 1 : (2 * common) / (said + there));

/**
 * F1 of findings with their sides, pooled over reports: an effusion on the wrong side is one too many and one missed.
 * 1 where neither text names a side.
 */
export default {
  name: 'side-f1',
  keys: ['side-f1'],
  direction: 'higher',
  range: [0, 1],
  /** Sided findings that both name, that the hypothesis names, that the reference names. */
  sums({ reference, hypothesis }) {
    const [there, said] = [sided(reference), sided(hypothesis)];
    return [[...said].filter((finding) => there.has(finding)).length, said.size, there.size];
  },
  value: ([common, said, there]) => [f1(common, said, there)],
};
