import { measure } from '@raca/metrics';
import { ORDERS } from './cases.mjs';

/**
 * With how many of the known orders each score of a metric agrees.
 * @param metric any metric with scores of single reports
 * @returns by key: `orders`, one `{ agrees, ties, of }` an order, and their sums
 */
export function agreement(metric, cases) {
  const scores = new Map();
  const scoresOf = (name) => {
    if (!scores.has(name)) {
      const pairs = cases.map((one) => ({ id: one.id, reference: one.reference, hypothesis: one[name] }));
      scores.set(name, measure(metric, pairs).perReport);
    }
    return scores.get(name);
  };
  const sign = metric.direction === 'higher' ? 1 : -1;
  return Object.keys(scoresOf('same')[0]).map((key) => {
    const orders = ORDERS.map(([better, worse]) => {
      const gains = cases.map((_, i) => sign * (scoresOf(better)[i][key] - scoresOf(worse)[i][key]));
      return {
        agrees: gains.filter((gain) => gain > SMALL).length,
        ties: gains.filter((gain) => Math.abs(gain) <= SMALL).length,
        of: gains.filter((gain) => !Number.isNaN(gain)).length,
      };
    });
    const sum = (field) => orders.reduce((total, order) => total + order[field], 0);
    return { metric: metric.name, key, orders, agrees: sum('agrees'), ties: sum('ties'), of: sum('of') };
  });
}

/** Rounding. */
const SMALL = 1e-9;
