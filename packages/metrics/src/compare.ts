import { type SystemsTest, testSystems } from './resampling';
import type { ResamplingOptions } from './statistics';
import type { Metric, ReportPair } from './types';

/** Two systems on the same studies, by one score. */
export type Comparison = Omit<SystemsTest, 'systems'>;

export interface CompareOptions extends ResamplingOptions {
  /** What is tested, all of it and nothing else; `defaultMetrics()` when left out. */
  readonly metrics?: readonly Metric[];
}

/**
 * Paired approximate randomisation of two systems over the same references, by every score of the metrics (of clinical F1
 * the averages), with Holm's correction over all of them.
 * @throws Error when the references differ
 */
export const compareSystems = (
  first: readonly ReportPair[],
  second: readonly ReportPair[],
  options: CompareOptions = {},
): Comparison[] =>
  testSystems(
    [
      { name: 'first', pairs: first },
      { name: 'second', pairs: second },
    ],
    options,
  ).map(({ systems: _, ...test }) => test);
