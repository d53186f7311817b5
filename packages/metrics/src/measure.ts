import type {
  Accumulator,
  AdditiveScores,
  Metric,
  MetricInfo,
  MetricResult,
  PairMetric,
  ReportPair,
  Scores,
  Sums,
} from './types';

/** The metric itself, or what it is once it has seen all pairs. */
export const metricOver = (metric: Metric, pairs: readonly ReportPair[]): PairMetric =>
  'over' in metric ? metric.over(pairs) : metric;

/** Scores of pairs by one metric, of the corpus and of each report. @throws Error when a metric breaks its contract */
export function measure(metric: Metric, pairs: readonly ReportPair[]): MetricResult {
  const all = accumulate(metricOver(metric, pairs));
  const perReport = pairs.map((pair) => all.update(pair));
  return { corpus: all.compute(), perReport };
}

/** Takes pairs one at a time; {@link measure} is the same over a list. */
export function accumulate(metric: PairMetric): Accumulator {
  const { perReport } = metric;
  let total: Float64Array | undefined;
  let count = 0;
  return {
    update(pair) {
      const own = metric.sums(pair.id === undefined ? { id: String(count), ...pair } : (pair as ReportPair));
      total ??= new Float64Array(own.length);
      add(total, own, metric.name);
      count++;
      return perReport
        ? named(metric.name, perReport.keys, perReport.value(own))
        : named(metric.name, metric.keys, metric.value(own, 1));
    },
    compute: () =>
      total ? finite(metric.name, named(metric.name, metric.keys, metric.value(total, count))) : {},
  };
}

/** A metric over pairs as a table to resample from. */
export function additive(metric: Metric, pairs: readonly ReportPair[]): AdditiveScores {
  const made = metricOver(metric, pairs);
  const rows = pairs.map((pair) => made.sums(pair));
  const width = rows[0]?.length ?? 0;
  const table = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    add(table.subarray(i * width, (i + 1) * width), row, made.name);
  });
  const tested = made.resampled?.tested;
  const scores = made.resampled ?? made;
  return {
    keys: scores.keys,
    ...(tested && { tested }),
    width,
    table,
    values: (sums, count) => scores.value(sums, count),
  };
}

/**
 * A metric whose corpus scores are means over reports.
 * @param each the scores of one pair, in the order of `keys`
 */
export const meanMetric = (info: MetricInfo, each: (pair: ReportPair) => Sums): PairMetric => ({
  ...info,
  sums: each,
  value: (sums, count) => Array.from(sums, (sum) => sum / count),
});

function add(total: Float64Array, own: Sums, name: string): void {
  if (own.length !== total.length) {
    throw new Error(
      `metric ${name}: sums must give ${total.length} numbers for every pair, got ${own.length}`,
    );
  }
  for (let k = 0; k < total.length; k++) total[k]! += own[k]!;
}

function named(name: string, keys: readonly string[], values: readonly number[]): Scores {
  if (values.length !== keys.length) {
    throw new Error(
      `metric ${name}: value must give a number for each of ${keys.join(', ')}, got ${values.length} numbers`,
    );
  }
  return Object.fromEntries(keys.map((key, k) => [key, values[k]!]));
}

function finite(name: string, scores: Scores): Scores {
  for (const [key, value] of Object.entries(scores)) {
    if (!Number.isFinite(value))
      throw new Error(`metric ${name}: ${key} must be a finite number, got ${value}`);
  }
  return scores;
}
