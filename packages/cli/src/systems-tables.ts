import type { ScoreReport, SystemsReport, SystemsScore } from '@raca/metrics';
import { latex, markdown, type TextTable } from '@raca/pipeline/node';
import Table from 'cli-table3';
import { ARROWS, protocolLine, signed } from './score-output';
import { toCsv } from './table-csv';

/** What the tables of several systems are made of. */
export interface SystemsResult {
  readonly report: SystemsReport;
  /** Scores of the trivial baselines by name. */
  readonly baselines: Readonly<Record<string, ScoreReport>>;
  readonly protocol: string;
  readonly cleaning: string | undefined;
  readonly labels: string;
  readonly resamples: number;
  readonly seed: number;
  /** Files and columns read. */
  readonly read: readonly string[];
  readonly warnings: readonly string[];
  /** Reports of the references that have a class. */
  readonly support: Readonly<Record<string, number>>;
}

const CLASS = 'clinical/class/f1/';

/** The tables: scores, classes, tests. */
export function systemsTables(result: SystemsResult): TextTable[] {
  const { report, protocol, cleaning, labels, resamples, seed, support } = result;
  const byClass = report.scores.filter(({ key }) => key.startsWith(CLASS));
  const main = report.scores.filter(({ key }) => !key.startsWith(CLASS));
  const note = `95 % intervals by bootstrap over reports, ${resamples} resamples, seed ${seed}; (n): rank`;
  const baselines = Object.entries(result.baselines);
  const scores: TextTable = {
    title: `${protocolLine(protocol, cleaning)}, ${report.count} reports; ${note}`,
    head: ['', ...report.systems, ...baselines.map(([name]) => name)],
    rows: main.map((score) => [
      score.key + ARROWS[score.direction],
      ...cells(score),
      ...baselines.map(([, { corpus }]) => corpus[score.key]?.toFixed(4) ?? '–'),
    ]),
  };
  const classes: TextTable = {
    title: `F1 of each class, labels by ${labels}; support: reports of the references that have it; ${note}`,
    head: ['class', 'support', ...report.systems],
    rows: byClass.map((score) => {
      const name = score.key.slice(CLASS.length);
      return [name, String(support[name] ?? ''), ...cells(score)];
    }),
  };
  const tests: TextTable = {
    title:
      `Paired approximate randomisation, ${resamples} resamples, seed ${seed}; Holm's correction over all ` +
      `${report.tests.length} tests`,
    head: ['score', 'first', 'second', 'difference', 'p', 'p (Holm)'],
    rows: report.tests.map(({ key, direction, systems, difference, pValue, adjusted }) => [
      key + ARROWS[direction],
      ...systems,
      signed(difference),
      pValue.toFixed(4),
      adjusted.toFixed(4),
    ]),
  };
  return [scores, classes, tests].filter(({ rows }) => rows.length > 0);
}

const cells = ({ systems }: SystemsScore): string[] =>
  systems.map(({ value, low, high, rank }) => {
    const of = `${value.toFixed(4)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    return systems.length > 1 ? `${of} (${rank})` : of;
  });

/** For a terminal. */
export const asText = (tables: readonly TextTable[]): string =>
  tables
    .map(({ title, head, rows }) => {
      const out = new Table({ head: [...head], style: { head: [], border: [] } });
      out.push(...rows.map((row) => [...row]));
      return `${title}\n${out.toString()}`;
    })
    .join('\n\n');

/** Markdown, LaTeX or CSV by the ending of a path; undefined for another. */
export function systemsText(path: string, result: SystemsResult, raw: boolean): string | undefined {
  const tables = systemsTables(result);
  const lines = [...result.read, ...result.warnings.map((warning) => `warning: ${warning}`)];
  if (/\.md$/i.test(path))
    return `${lines.map((line) => `- ${line}`).join('\n')}\n\n${tables.map(markdown).join('\n')}`;
  if (/\.tex$/i.test(path))
    return `${lines.map((line) => `% ${line}`).join('\n')}\n${tables.map(latex).join('\n')}`;
  if (/\.csv$/i.test(path)) return systemsCsv(result, raw);
  return undefined;
}

/** One row per system and score, then one per test, in full precision. */
function systemsCsv({ report, baselines, protocol, support }: SystemsResult, raw: boolean): string {
  const head = [
    ...[
      'kind',
      'protocol',
      'score',
      'direction',
      'system',
      'other',
      'value',
      'low',
      'high',
      'rank',
      'support',
    ],
    ...['difference', 'p', 'p_holm'],
  ];
  const scores = report.scores.flatMap(({ key, direction, systems }) =>
    systems.map(({ value, low, high, rank }, s) => [
      ...['score', protocol, key, direction, report.systems[s], ''],
      ...[value, low, high, rank, support[key.slice(CLASS.length)] ?? '', '', '', ''],
    ]),
  );
  const trivial = Object.entries(baselines).flatMap(([name, { corpus }]) =>
    report.scores.flatMap(({ key, direction }) =>
      corpus[key] === undefined
        ? []
        : [['baseline', protocol, key, direction, name, '', corpus[key], '', '', '', '', '', '', '']],
    ),
  );
  const tests = report.tests.map(({ key, direction, systems, difference, pValue, adjusted }) => [
    ...['test', protocol, key, direction, ...systems, '', '', '', '', ''],
    ...[difference, pValue, adjusted],
  ]);
  return toCsv(head, [...scores, ...trivial, ...tests], { raw });
}
