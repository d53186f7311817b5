import { additive } from './measure';
import { checkPairs, referencesOf } from './pairs';
import { seededRandom } from './random';
import { defaultMetrics } from './score';
import { holm, quantile, type ResamplingOptions } from './statistics';
import type { Direction, Metric, ReportPair } from './types';

/** A system's reports; all systems have the same studies and references in the same order. */
export interface SystemReports {
  readonly name: string;
  readonly pairs: readonly ReportPair[];
}

/** One score of every system, in the order of the systems. */
export interface SystemsScore {
  readonly key: string;
  readonly direction: Direction;
  readonly systems: readonly {
    readonly value: number;
    /** Percentile bootstrap over reports, 95 % by default. */
    readonly low: number;
    readonly high: number;
    /** 1 is best; equal values share a rank. */
    readonly rank: number;
  }[];
}

/** Two systems on the same studies, by one score. */
export interface SystemsTest {
  readonly key: string;
  readonly direction: Direction;
  readonly systems: readonly [first: string, second: string];
  readonly first: number;
  readonly second: number;
  /** First minus second. */
  readonly difference: number;
  /** Two-sided, of paired approximate randomisation. */
  readonly pValue: number;
  /** After Holm's correction over all tests of the call. */
  readonly adjusted: number;
}

export interface SystemsReport {
  readonly systems: readonly string[];
  readonly count: number;
  readonly scores: readonly SystemsScore[];
  readonly tests: readonly SystemsTest[];
}

export interface SystemsOptions extends ResamplingOptions {
  /** What is measured and tested; {@link defaultMetrics} when left out. */
  readonly metrics?: readonly Metric[];
  /** Coverage of the intervals, 0.95 by default. */
  readonly level?: number;
  /** Name of a system: only pairs with it are tested. */
  readonly baseline?: string;
  /** Called now and then. @param share of the work done, 0 to 1 */
  readonly onProgress?: (share: number) => void;
}

/**
 * Several systems over the same references: every score with its bootstrap interval and rank, and paired approximate
 * randomisation of every two systems by every tested score, with Holm's correction over all of these tests. All systems
 * share the resamples. Document frequencies of CIDEr and the like stay those of all references.
 * @throws Error when the references differor a name comes twice
 * @see Efron and Tibshirani 1993; Noreen 1989; Holm 1979
 */
export function rankSystems(systems: readonly SystemReports[], options: SystemsOptions = {}): SystemsReport {
  const { metrics = defaultMetrics(), level = 0.95, baseline, onProgress } = options;
  checkSystems(systems, baseline);
  const stacks = systems.map(({ pairs }) => stack(pairs, metrics));
  const count = systems[0]!.pairs.length;
  const values = stacks.map((one) => one.scoresOf(totals(one, count))(count));
  const couples = couplesOf(systems, baseline);
  const work = systems.length + 2 * couples.length;
  const intervals = bootstrap(stacks, count, level, options, (share) =>
    onProgress?.((share * systems.length) / work),
  );
  const tests = randomise(stacks, couples, count, options, (share) =>
    onProgress?.((systems.length + 2 * share * couples.length) / work),
  );
  return {
    systems: systems.map(({ name }) => name),
    count,
    scores: stacks[0]!.keys.map(({ key, direction }, k) => {
      const ranks = ranksOf(
        values.map((of) => of[k]!),
        direction,
      );
      return {
        key,
        direction,
        systems: values.map((of, s) => ({ value: of[k]!, ...intervals[s]![k]!, rank: ranks[s]! })),
      };
    }),
    tests: named(tests, systems),
  };
}

/** The tests of {@link rankSystems} alone. */
export function testSystems(systems: readonly SystemReports[], options: SystemsOptions = {}): SystemsTest[] {
  const { metrics = defaultMetrics(), baseline } = options;
  checkSystems(systems, baseline);
  const stacks = systems.map(({ pairs }) => stack(pairs, metrics));
  const couples = couplesOf(systems, baseline);
  return named(randomise(stacks, couples, systems[0]!.pairs.length, options), systems);
}

function checkSystems(systems: readonly SystemReports[], baseline: string | undefined): void {
  const [first, ...others] = systems;
  if (!first) throw new Error('rankSystems: expected at least one system, got none');
  checkPairs(first.pairs);
  const names = systems.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`rankSystems: names must differ, got "${twice}" twice`);
  if (baseline !== undefined && !names.includes(baseline)) {
    throw new Error(`rankSystems: baseline must be one of ${names.join(', ')}, got "${baseline}"`);
  }
  for (const { pairs } of others) checkSameStudies(first.pairs, pairs);
}

function checkSameStudies(first: readonly ReportPair[], second: readonly ReportPair[]): void {
  if (first.length !== second.length) {
    throw new Error(`compareSystems: counts must match, got ${first.length} and ${second.length} pairs`);
  }
  first.forEach((pair, i) => {
    const other = second[i]!;
    const same = referencesOf(pair).join('\0') === referencesOf(other).join('\0');
    if (other.id === pair.id && same) return;
    throw new Error(`compareSystems: pair ${i}: studies must match, got "${pair.id}" and "${other.id}"`);
  });
}

/** Positions of the systems that are tested against each other. */
type Couple = readonly [first: number, second: number];

function couplesOf(systems: readonly SystemReports[], baseline: string | undefined): Couple[] {
  const all = systems.flatMap((_, i) => systems.slice(i + 1).map((_, k): Couple => [i, i + 1 + k]));
  return all.filter((couple) => baseline === undefined || couple.some((i) => systems[i]!.name === baseline));
}

/** All metrics of one system side by side. Axes: n reports, w numbers a report. */
interface Stack {
  readonly keys: readonly { readonly key: string; readonly direction: Direction; readonly tested: boolean }[];
  readonly width: number;
  /** `[n, w]` */
  readonly table: Float64Array;
  /** The scores of what `sums` `[w]` holds at each call; the list is the same one at each call. */
  scoresOf(sums: Float64Array): (count: number) => Float64Array;
}

function stack(pairs: readonly ReportPair[], metrics: readonly Metric[]): Stack {
  const parts = metrics.map((metric) => ({ metric, ...additive(metric, pairs) }));
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const table = new Float64Array(pairs.length * width);
  let column = 0;
  const placed = parts.map((part) => {
    const from = column;
    for (let i = 0; i < pairs.length; i++) {
      table.set(part.table.subarray(i * part.width, (i + 1) * part.width), i * width + from);
    }
    column += part.width;
    return { part, from, to: column };
  });
  const keys = parts.flatMap(({ metric, keys: names, tested }) =>
    names.map((key) => ({
      key,
      direction: metric.direction,
      tested: tested === undefined || tested.includes(key),
    })),
  );
  return {
    keys,
    width,
    table,
    scoresOf(sums) {
      const out = new Float64Array(keys.length);
      const views = placed.map(({ part, from, to }) => ({ part, sums: sums.subarray(from, to) }));
      return (count) => {
        let k = 0;
        for (const { part, sums: own } of views) {
          const values = part.values(own, count);
          for (let v = 0; v < values.length; v++) out[k++] = values[v]!;
        }
        return out;
      };
    },
  };
}

function totals({ table, width }: Stack, count: number): Float64Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < count; i++) for (let k = 0; k < width; k++) sums[k]! += table[i * width + k]!;
  return sums;
}

const REPORT_EVERY = 100;

/** Low and high of each score of each system. */
function bootstrap(
  stacks: readonly Stack[],
  count: number,
  level: number,
  { resamples = 10_000, seed = 1 }: ResamplingOptions,
  onProgress: (share: number) => void,
): { low: number; high: number }[][] {
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`rankSystems: level must lie between 0 and 1, got ${level}`);
  }
  const random = seededRandom(seed);
  const drawn = stacks.map(({ keys }) => keys.map(() => new Float64Array(resamples)));
  const sums = new Float64Array(stacks[0]!.width);
  const all = stacks.map((one) => ({ columns: columnsOf(one.table, one.width), scores: one.scoresOf(sums) }));
  const times = new Float64Array(count);
  for (let n = 0; n < resamples; n++) {
    times.fill(0);
    for (let i = 0; i < count; i++) times[Math.floor(random() * count)]!++;
    all.forEach(({ columns, scores }, s) => {
      weightedSum(columns, times, sums);
      const values = scores(count);
      for (let k = 0; k < values.length; k++) drawn[s]![k]![n] = values[k]!;
    });
    if (n % REPORT_EVERY === 0) onProgress(n / resamples);
  }
  return drawn.map((ofSystem) =>
    ofSystem.map((values) => {
      values.sort();
      return { low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
    }),
  );
}

/** A table column by column, without its zeros: counts of classes are zeros mostly. */
interface Columns {
  /** Column k holds the entries `starts[k]` up to `starts[k + 1]`. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  readonly values: Float64Array;
}

function columnsOf(table: Float64Array, width: number): Columns {
  const count = width === 0 ? 0 : table.length / width;
  const starts = new Int32Array(width + 1);
  const rows: number[] = [];
  const values: number[] = [];
  for (let k = 0; k < width; k++) {
    for (let i = 0; i < count; i++) {
      const value = table[i * width + k]!;
      if (value === 0) continue;
      rows.push(i);
      values.push(value);
    }
    starts[k + 1] = rows.length;
  }
  return { starts, rows: Int32Array.from(rows), values: Float64Array.from(values) };
}

/** Puts Σ times[i] · table[i] into `sums`, `[w]`. */
function weightedSum({ starts, rows, values }: Columns, times: Float64Array, sums: Float64Array): void {
  for (let k = 0; k < sums.length; k++) {
    const end = starts[k + 1]!;
    let p = starts[k]!;
    // Two sums that do not wait for each other.
    let [even, odd] = [0, 0];
    for (; p + 1 < end; p += 2) {
      even += values[p]! * times[rows[p]!]!;
      odd += values[p + 1]! * times[rows[p + 1]!]!;
    }
    if (p < end) even += values[p]! * times[rows[p]!]!;
    sums[k] = even + odd;
  }
}

type Test = Omit<SystemsTest, 'adjusted' | 'systems'> & { readonly couple: Couple };

/**
 * Swaps the outputs of two systems report by report at random; the same swaps for all couples, so each system's sum over the
 * swapped reports is made once and serves every couple.
 */
function randomise(
  stacks: readonly Stack[],
  couples: readonly Couple[],
  count: number,
  { resamples = 10_000, seed = 1 }: ResamplingOptions,
  onProgress: (share: number) => void = () => {},
): Test[] {
  if (couples.length === 0) return [];
  const { keys, width } = stacks[0]!;
  const tested = keys.map((_, k) => k).filter((k) => keys[k]!.tested);
  const systems = stacks.map((one) => ({
    columns: columnsOf(one.table, width),
    whole: totals(one, count),
    /** Over the swapped reports, and over the others. */
    swapped: new Float64Array(width),
    kept: new Float64Array(width),
  }));
  const mixed = new Float64Array(width);
  const rest = new Float64Array(width);
  const all = couples.map((couple) => {
    const [a, b] = couple.map((i) => stacks[i]!) as [Stack, Stack];
    const values = couple.map((i) => Array.from(stacks[i]!.scoresOf(systems[i]!.whole)(count)));
    return {
      couple,
      values,
      observed: tested.map((k) => values[0]![k]! - values[1]![k]!),
      scores: [a.scoresOf(mixed), b.scoresOf(rest)] as const,
      hits: new Int32Array(tested.length),
    };
  });
  const random = seededRandom(seed);
  const swaps = new Float64Array(count);
  for (let n = 0; n < resamples; n++) {
    for (let i = 0; i < count; i++) swaps[i] = random() < 0.5 ? 1 : 0;
    for (const { columns, whole, swapped, kept } of systems) {
      weightedSum(columns, swaps, swapped);
      for (let k = 0; k < width; k++) kept[k] = whole[k]! - swapped[k]!;
    }
    for (const { couple, scores, observed, hits } of all) {
      const [a, b] = [systems[couple[0]]!, systems[couple[1]]!];
      for (let k = 0; k < width; k++) {
        mixed[k] = a.kept[k]! + b.swapped[k]!;
        rest[k] = b.kept[k]! + a.swapped[k]!;
      }
      const [x, y] = [scores[0](count), scores[1](count)];
      for (let t = 0; t < tested.length; t++) {
        const difference = Math.abs(x[tested[t]!]! - y[tested[t]!]!);
        // Sums in another order differ in the last digits; they count as equal.
        if (difference >= Math.abs(observed[t]!) - 1e-10) hits[t]!++;
      }
    }
    if (n % REPORT_EVERY === 0) onProgress(n / resamples);
  }
  return all.flatMap(({ couple, values, observed, hits }) =>
    tested.map((k, t) => ({
      key: keys[k]!.key,
      direction: keys[k]!.direction,
      couple,
      first: values[0]![k]!,
      second: values[1]![k]!,
      difference: observed[t]!,
      pValue: (hits[t]! + 1) / (resamples + 1),
    })),
  );
}

function named(tests: readonly Test[], systems: readonly SystemReports[]): SystemsTest[] {
  const adjusted = holm(tests.map(({ pValue }) => pValue));
  return tests.map(({ couple: [a, b], ...test }, i) => ({
    ...test,
    systems: [systems[a]!.name, systems[b]!.name] as const,
    adjusted: adjusted[i]!,
  }));
}

/** 1 is best; values that differ by rounding only share a rank. */
function ranksOf(values: readonly number[], direction: Direction): number[] {
  const sign = direction === 'higher' ? 1 : -1;
  return values.map((value) => 1 + values.filter((other) => sign * (other - value) > 1e-12).length);
}
