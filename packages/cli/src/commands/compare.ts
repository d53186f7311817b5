import { openDataset } from '@raca/data/node';
import {
  compareRuns,
  type FieldDifference,
  PROTOCOLS,
  type RunComparison,
  type ScoredRuns,
} from '@raca/pipeline/node';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { UsageError } from '../errors';
import { banner } from '../output';
import { print } from '../say';

interface CompareFlags {
  data?: string;
  json?: boolean;
}

export function addCompare(program: Command): void {
  program
    .command('compare')
    .argument('<run...>', 'run folders; the others are tested against the first')
    .description('what differs between runs: config, data, versions, and the scores of their reports')
    .option('--data <dir>', 'data set folder: also compare reports with full references (protocol full)')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  raca compare runs/baseline runs/mine')
    .action((runs: string[], { data, json }: CompareFlags) => {
      banner();
      if (runs.length < 2)
        throw new UsageError(`compare: expected at least two run folders, found ${runs.length}`);
      const twice = runs.find((run, i) => runs.indexOf(run) !== i);
      if (twice) throw new UsageError(`compare: expected different run folders, found ${twice} twice`);
      const comparison = compareRuns(runs, data ? { dataset: openDataset(data) } : {});
      print(json ? JSON.stringify(comparison) : asText(comparison));
    });
}

function asText({ runs, warnings, config, facts, validation, scores, source }: RunComparison): string {
  const metrics = [...new Set(validation.flatMap((line) => Object.keys(line ?? {})))];
  const shown = metrics
    .filter((name) => name !== 'kind')
    .map((field) => ({ field, values: validation.map((line) => line?.[field]) }));
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(/phantom/i.test(source ?? '') ? ['Phantom images: scores measure a test bed, not radiology.'] : []),
    section('config: fields that differ', runs, config, 'configs are the same'),
    section('run.json: what else differs', runs, facts, 'data, versions and machine are the same'),
    section('validation of the weights that were kept', runs, shown, 'no run has been validated'),
    ...scores.map(scoreSection),
    ...(scores.length === 0 ? ['no scores: no run has a reports.csv'] : []),
  ].join('\n\n');
}

function section(
  title: string,
  runs: readonly string[],
  fields: readonly FieldDifference[],
  nothing: string,
): string {
  if (fields.length === 0) return nothing;
  const table = textTable(['', ...runs]);
  for (const { field, values } of fields) table.push([field, ...values.map(shortly)]);
  return `${title}\n${table}`;
}

function scoreSection({ protocol, studies, runs, scores, constant }: ScoredRuns): string {
  const table = textTable(['higher is better', 'constant', ...runs]);
  for (const key of Object.keys(constant)) {
    const cells = runs.map((run) => {
      const score = scores.find((one) => one.key === key && one.row === run)!;
      const value = `${score.mean.toFixed(4)} ${span(score.interval)}`;
      if (!score.test) return value;
      const { difference, interval, pValue, adjusted } = score.test;
      return `${value}\n${signed(difference)} ${span(interval)}, p ${pValue.toFixed(4)} (Holm ${adjusted.toFixed(4)})`;
    });
    table.push([key, constant[key].toFixed(4), ...cells]);
  }
  const tested =
    runs.length > 1
      ? `; second lines: minus ${runs[0]}, paired approximate randomisation, Holm’s correction over all tests of the table`
      : '';
  return [
    `${PROTOCOLS[protocol]}; ${studies} studies`,
    `${table}`,
    `[95 % bootstrap interval over studies]${tested}. Clinical labels by rules. constant: one text said for every study, ` +
      'the most typical of the references.',
  ].join('\n');
}

const textTable = (head: string[]) => new Table({ head, style: { head: [], border: [] } });

const signed = (x: number): string => (x > 0 ? '+' : '') + x.toFixed(4);

const span = ([low, high]: readonly [number, number]): string => `[${low.toFixed(4)}, ${high.toFixed(4)}]`;

/** A value in a table: numbers to six digits, long ones cut. */
function shortly(value: unknown): string {
  if (value === undefined) return '–';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  const { use } = (value ?? {}) as { use?: unknown }; // of a slot, the module
  const text = typeof use === 'string' ? use : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
