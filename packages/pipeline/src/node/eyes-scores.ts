import { FINDING_STATES, type FindingScores } from '@raca/core';
import { countAgreement, precisionRecallF1 } from '@raca/metrics';

const POSITIVE = FINDING_STATES.indexOf('positive');

/**
 * What validation measures in an epoch in which nothing is written yet: mean −ln of the probability of the true state, and F1
 * of the most probable states, positive against the rest, over all decisions and as mean of the findings that some study has.
 *
 * @param names of the head's findings
 */
export function eyesScores(
  { probabilities, labels }: FindingScores,
  names: readonly string[],
): Record<string, number> {
  const s = FINDING_STATES.length;
  const studies = Array.from({ length: labels.states.length / labels.names.length }, (_, i) => i);
  let loss = 0;
  const columns = names.map((name, c) => {
    const column = labels.names.indexOf(name);
    const truth = studies.map((i) => labels.states[i * labels.names.length + column]);
    const rows = studies.map((i) => {
      const at = (i * names.length + c) * s;
      return probabilities.subarray(at, at + s);
    });
    rows.forEach((row, i) => {
      loss -= Math.log(Math.max(row[truth[i]], Number.MIN_VALUE));
    });
    return {
      truth: truth.map((state) => state === POSITIVE),
      said: rows.map((row) => row[POSITIVE] === Math.max(...row)),
    };
  });
  const f1 = (truth: readonly boolean[], said: readonly boolean[]): number =>
    precisionRecallF1(countAgreement(truth, said)).f1;
  const there = columns.flatMap(({ truth, said }) => (truth.includes(true) ? [f1(truth, said)] : []));
  return {
    loss: loss / Math.max(1, studies.length * names.length),
    headMicroF1: f1(
      columns.flatMap(({ truth }) => truth),
      columns.flatMap(({ said }) => said),
    ),
    headMacroF1: there.reduce((sum, x) => sum + x, 0) / Math.max(1, there.length),
  };
}
