import { guardedCell } from '@raca/core/node';
import { stringify } from 'csv-stringify/sync';
import { COLUMNS, type Column, PROTOCOLS, shownIn } from '../table';
import { type Analysis, type RowScore, spread } from './analysis';
import type { CellEvaluation } from './cell';

/** One finished run of a row. */
export interface FinishedRun {
  readonly seed: number;
  readonly evaluation: CellEvaluation;
}

/** A row as the tables show it. */
export interface TableRow {
  readonly name: string;
  readonly finished: readonly FinishedRun[];
  readonly failed: readonly { readonly seed: number; readonly reason: string }[];
  /** Seeds that were asked for. */
  readonly seeds: readonly number[];
}

/** A table of texts. */
export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** p below which a difference is marked. */
const SIGNIFICANT = 0.05;

/**
 * Mean ± sd over seeds of every score of `raca evaluate`, a row of the grid each, and below them the systems that look
 * at nothing or at thumbnails. `*`: differs from the baseline (p < 0.05 after Holm's correction over the rows).
 */
export function scoreTable(rows: readonly TableRow[], analysis: Analysis, baseline: string): TextTable {
  const { protocol, scores, studies } = analysis;
  const columns = [...COLUMNS, ...furtherColumns(analysis)];
  const lines = rows.map(({ name, finished, failed, seeds }) => [
    name,
    `${finished.length}/${seeds.length}${failed.length ? ' (failed)' : ''}`,
    ...columns.map((column) => {
      const own = scores.find(({ row, key }) => row === name && key === column.key);
      const evaluated = spread(
        finished.flatMap(({ evaluation }) => scoreOf(column, evaluation, 0, protocol) ?? []),
      );
      const { mean, sd } = Number.isNaN(evaluated.mean) && own ? own : evaluated;
      if (Number.isNaN(mean)) return '–';
      const test = own?.test;
      const mark = test && test.adjusted < SIGNIFICANT ? ' *' : '';
      const middle = column.whole && sd === null ? shownIn(column, mean) : mean.toFixed(column.whole ? 1 : 3);
      return `${middle}${sd === null ? '' : ` ± ${sd.toFixed(column.whole ? 1 : 3)}`}${mark}`;
    }),
  ]);
  const any = rows.flatMap(({ finished }) => finished)[0]?.evaluation;
  const trivial = (any?.systems.slice(1) ?? []).map(({ system }, i) => [
    system,
    '',
    ...columns.map((column) => {
      const x = scoreOf(column, any!, i + 1, protocol);
      return x === undefined ? '' : shownIn(column, x);
    }),
  ]);
  return {
    title: `${studies} test studies, ${PROTOCOLS[protocol]}; mean ± sd over seeds; * differs from ${baseline}, p < ${SIGNIFICANT} (Holm)`,
    head: ['row', 'seeds', ...columns.map(({ label }) => label)],
    rows: [...lines, ...trivial],
  };
}

/** Columns of scores that are tested beside the standard ones. */
const furtherColumns = ({ scores }: Analysis): Column[] =>
  [...new Set(scores.map(({ key }) => key))]
    .filter((key) => !COLUMNS.some((column) => column.key === key))
    .map((key) => ({ key, label: key, direction: '', value: ({ corpus }) => corpus[key] }));

/** Each row and score with its interval, and its difference from the baseline with interval and p. */
export function testTable({ scores, protocol }: Analysis, baseline: string): TextTable {
  const label = (key: string): string => COLUMNS.find((column) => column.key === key)?.label ?? key;
  return {
    title: `95 % intervals (bootstrap over studies) and paired tests against ${baseline} (approximate randomisation over studies), ${PROTOCOLS[protocol]}`,
    head: ['row', 'score', 'mean', '95 % interval', 'difference', '95 % interval', 'p', 'p (Holm)'],
    rows: scores.map(({ row, key, mean, interval, test }) => [
      row,
      label(key),
      mean.toFixed(3),
      range(interval),
      ...(test
        ? [signed(test.difference), range(test.interval), test.pValue.toFixed(4), test.adjusted.toFixed(4)]
        : ['', '', '', '']),
    ]),
  };
}

/** GitHub's tables. */
export function markdown({ title, head, rows }: TextTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((x) => x.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`;
  return [`${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

/** A `table` with booktabs' rules. */
export function latex({ title, head, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `  ${cells.map(escapeLatex).join(' & ')} \\\\`;
  return [
    '\\begin{table}',
    `\\caption{${escapeLatex(title)}}`,
    `\\begin{tabular}{l${'r'.repeat(head.length - 1)}}`,
    '  \\toprule',
    line(head),
    '  \\midrule',
    ...rows.map(line),
    '  \\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

/** One line a row, protocol and score, in full precision. */
export function csv(analyses: readonly Analysis[]): string {
  const head = [
    ...['protocol', 'row', 'score', 'seeds', 'values', 'mean', 'sd', 'low', 'high'],
    ...['difference', 'difference_low', 'difference_high', 'p', 'p_holm'],
  ];
  const lines = analyses.flatMap(({ protocol, scores }) =>
    scores.map((score) => [protocol, ...csvLine(score)]),
  );
  return stringify([head, ...lines.map((line) => line.map(guardedCell))]);
}

function csvLine({ row, key, values, mean, sd, interval, test }: RowScore): (string | number)[] {
  const list = (xs: readonly number[]): string => xs.join(' ');
  return [
    ...[row, key, list(values.map(({ seed }) => seed)), list(values.map(({ value }) => value))],
    ...[mean, sd ?? '', ...interval],
    ...(test ? [test.difference, ...test.interval, test.pValue, test.adjusted] : ['', '', '', '', '']),
  ];
}

function scoreOf(
  column: Column,
  { systems }: CellEvaluation,
  i: number,
  protocol: string,
): number | undefined {
  const report = systems[i]?.protocols[protocol];
  return report && column.value(report as unknown as Parameters<Column['value']>[0]);
}

const range = ([low, high]: readonly [number, number]): string => `${low.toFixed(3)} to ${high.toFixed(3)}`;
const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;

const LATEX: Readonly<Record<string, string>> = {
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '−': '$-$',
  '<': '$<$',
  '>': '$>$',
  '–': '--',
  '’': "'",
};

const escapeLatex = (text: string): string =>
  text.replace(/[\\~^±−<>–’↑↓]|[&%$#_{}]/g, (c) => LATEX[c] ?? `\\${c}`);
