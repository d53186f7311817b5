import type { PairMetric, Texts } from '../types';

/** Faults of one report among the places where they could be. */
export interface Faults {
  readonly faults: number;
  readonly places: number;
}

/**
 * A rate of faults in generated reports, lower is better. Keys: `<name>/<place>`, faults over places (0 of nothing;
 * the corpus pools them), and `<name>/report`, the share of reports with a fault.
 */
export const faultRate = (name: string, place: string, count: (pair: Texts) => Faults): PairMetric => ({
  name,
  keys: [`${name}/${place}`, `${name}/report`],
  direction: 'lower',
  range: [0, 1],
  sums: (pair) => {
    const { faults, places } = count(pair);
    return [faults, places, faults > 0 ? 1 : 0];
  },
  value: ([faults = 0, places = 0, faulty = 0], reports) => [
    places === 0 ? 0 : faults / places,
    faulty / reports,
  ],
});
