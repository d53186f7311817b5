import { FINDING_STATES, type FindingLabels } from '@raca/core';
import { statesByName } from './labels';
import { POSITIVE } from './states';

/**
 * Share of the reports in which each finding is positive, by name: `frequencies` of a config. Of n reports none counts as
 * 1/(2n) and all as 1 − 1/(2n), so that a share lies between 0 and 1.
 * @throws Error without a report
 */
export function positiveFrequencies({ names, states }: FindingLabels): Record<string, number> {
  const n = states.length / names.length;
  if (!(n >= 1)) throw new Error('positiveFrequencies: expected labels of at least one report, found none');
  return Object.fromEntries(
    names.map((name, c) => {
      let positive = 0;
      for (let i = 0; i < n; i++) if (states[i * names.length + c] === POSITIVE) positive++;
      return [name, Math.min(Math.max(positive, 0.5), n - 0.5) / n];
    }),
  );
}

/** PromptMRG's first π `[c]`: each share over the largest. */
export function firstPrior(
  findings: readonly string[],
  frequencies: Readonly<Record<string, number>>,
): Float32Array {
  return overLargest(findings.map((name) => frequencies[name]));
}

/**
 * PromptMRG's π after an epoch: of each finding the mean probability of positive over the validation studies that are
 * positive, over the largest. Validation so enters training. A finding that no study shows keeps its π.
 *
 * @param probabilities of validation, `[n, c, s]`, without adjustment
 * @param prior π so far, `[c]`
 * @see Jin et al. 2024, arXiv:2308.12604
 */
export function nextPrior(
  probabilities: Float32Array,
  labels: FindingLabels,
  findings: readonly string[],
  prior: Float32Array,
): Float32Array {
  const columns = columnsOf(probabilities, labels, findings);
  const means = columns.map(({ positive, truth }) => {
    const found = positive.filter((_, i) => truth[i]);
    return found.length > 0 ? found.reduce((a, x) => a + x, 0) / found.length : null;
  });
  const largest = Math.max(...means.map((x) => x ?? 0));
  if (!(largest > 0)) return prior;
  return Float32Array.from(means, (x, c) => (x === null ? prior[c] : Math.max(x / largest, SMALLEST)));
}

/** Least π: keeps ln π finite. */
const SMALLEST = 1e-6;

/**
 * For each finding the probability of positive from which on it is taken as positive, `[c]`: the one that gives the best F1
 * on these studies, half way to the next lower probability. The highest of equally good ones; 0.5 for a finding that no study shows.
 *
 * @param probabilities of validation, `[n, c, s]`
 */
export function thresholdsFor(
  probabilities: Float32Array,
  labels: FindingLabels,
  findings: readonly string[] = labels.names,
): Float32Array {
  return Float32Array.from(columnsOf(probabilities, labels, findings), bestThreshold);
}

interface Column {
  /** Probability of positive, `[n]`. */
  readonly positive: readonly number[];
  readonly truth: readonly boolean[];
}

function bestThreshold({ positive, truth }: Column): number {
  const all = truth.filter(Boolean).length;
  if (all === 0) return 0.5;
  const order = positive.map((_, i) => i).sort((i, j) => positive[j] - positive[i]);
  let [hits, best, threshold] = [0, -1, 0.5];
  order.forEach((i, k) => {
    if (truth[i]) hits++;
    const next = k + 1 < order.length ? positive[order[k + 1]] : 0;
    if (next === positive[i]) return; // equal ones are taken together
    const f1 = (2 * hits) / (k + 1 + all);
    if (f1 > best) [best, threshold] = [f1, (positive[i] + next) / 2];
  });
  return threshold;
}

/** @throws RangeError unless probabilities are `[n, c, s]` for labels of n studies */
function columnsOf(
  probabilities: Float32Array,
  labels: FindingLabels,
  findings: readonly string[],
): Column[] {
  const [c, s] = [findings.length, FINDING_STATES.length];
  const n = labels.states.length / labels.names.length;
  if (probabilities.length !== n * c * s) {
    throw new RangeError(
      `findings: expected probabilities [${n}, ${c}, ${s}] for these labels, got ${probabilities.length} values`,
    );
  }
  const states = statesByName(labels, findings, n);
  const studies = Array.from({ length: n }, (_, i) => i);
  return findings.map((_, k) => ({
    positive: studies.map((i) => probabilities[(i * c + k) * s + POSITIVE]),
    truth: studies.map((i) => states[i * c + k] === POSITIVE),
  }));
}

function overLargest(values: readonly number[]): Float32Array {
  const largest = Math.max(...values);
  return Float32Array.from(values, (x) => x / largest);
}
