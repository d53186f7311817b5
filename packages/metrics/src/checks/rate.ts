import { type StreamingScorer, streaming } from '../streaming';
import type { Texts } from '../types';

/** Faults of one report among the places where they could be. */
export interface Faults {
  readonly faults: number;
  readonly places: number;
}

/**
 * A rate of faults in generated reports, lower is better. Keys: `<name>/<place>`, faults over places (0 of nothing;
 * the corpus pools them), and `<name>/report`, the share of reports with a fault.
 */
export function faultRate(id: string, place: string, count: (pair: Texts) => Faults): StreamingScorer {
  const named = (faults: number, places: number, share: number) => ({
    [`${id}/${place}`]: places === 0 ? 0 : faults / places,
    [`${id}/report`]: share,
  });
  return streaming({
    id,
    direction: 'lower',
    range: [0, 1],
    additive: (pairs) => ({
      keys: Object.keys(named(0, 0, 0)),
      width: 3,
      table: Float64Array.from(
        pairs.flatMap((pair) => {
          const { faults, places } = count(pair);
          return [faults, places, faults > 0 ? 1 : 0];
        }),
      ),
      values: ([faults = 0, places = 0, faulty = 0], reports) =>
        Object.values(named(faults, places, faulty / Math.max(1, reports))),
    }),
    accumulate() {
      const total = { faults: 0, places: 0, faulty: 0, reports: 0 };
      return {
        update(pair) {
          const { faults, places } = count(pair);
          const faulty = faults > 0 ? 1 : 0;
          total.faults += faults;
          total.places += places;
          total.faulty += faulty;
          total.reports++;
          return named(faults, places, faulty);
        },
        compute: () => named(total.faults, total.places, total.faulty / Math.max(1, total.reports)),
      };
    },
  });
}
