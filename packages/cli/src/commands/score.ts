import {
  constantReport,
  type Protocol,
  pairById,
  type ReportPair,
  type ScoreReport,
  score,
} from '@raca/metrics';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { oneOf } from '../errors';
import { readTexts } from '../text-file';

const PROTOCOL_NAMES = ['r2gen', 'full'] as const satisfies readonly Protocol[];

interface ScoreFlags {
  references: string;
  hypotheses: string;
  idColumn?: string;
  referenceColumn?: string;
  hypothesisColumn?: string;
  protocol: Protocol;
  json?: boolean;
}

type WithId = { readonly id: string };

export function addScore(program: Command): void {
  program
    .command('score')
    .description('score generated reports against references (two CSV files matched by id)')
    .requiredOption('--references <file>', 'CSV with an id and a text column')
    .requiredOption('--hypotheses <file>', 'CSV with an id and a text column; may be the same file')
    .option('--id-column <name>', 'default: id, study_id or dicom_id')
    .option('--reference-column <name>', 'default: reference, report, findings or text')
    .option('--hypothesis-column <name>', 'default: generated, hypothesis, prediction, report or text')
    .option(
      '--protocol <name>',
      'how the references were prepared, to stand beside the numbers',
      oneOf('--protocol', PROTOCOL_NAMES),
      'r2gen',
    )
    .option('--json', 'print corpus and per-report scores as JSON')
    .addHelpText('after', '\nExample:\n  raca score --references references.csv --hypotheses generated.csv')
    .action((flags: ScoreFlags) => {
      const { idColumn, protocol } = flags;
      const references = readTexts(flags.references, {
        id: idColumn,
        text: flags.referenceColumn,
        guesses: ['reference', 'report', 'findings', 'text'],
      });
      const hypotheses = readTexts(flags.hypotheses, {
        id: idColumn,
        text: flags.hypothesisColumn,
        guesses: ['generated', 'hypothesis', 'prediction', 'report', 'text'],
      });
      requireIds(flags.hypotheses, hypotheses, flags.references, references);
      requireIds(flags.references, references, flags.hypotheses, hypotheses);
      const pairs = pairById(references, hypotheses);
      const system = score(pairs, { protocol });
      const typical = constantReport(pairs.map(({ reference }) => reference));
      const constant = score(
        pairs.map((pair): ReportPair => ({ ...pair, hypothesis: typical })),
        { protocol },
      );
      if (flags.json) {
        console.log(
          JSON.stringify({ ...system, baselines: { constant: { text: typical, corpus: constant.corpus } } }),
        );
      } else console.log(table(system, constant));
    });
}

/** @throws Error naming the first id of another file that a file lacks */
function requireIds(file: string, rows: readonly WithId[], other: string, wanted: readonly WithId[]): void {
  const ids = new Set(rows.map(({ id }) => id));
  const missing = wanted.filter(({ id }) => !ids.has(id));
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` (and ${missing.length - 1} more)` : '';
  throw new Error(`${file}: expected a row for id "${missing[0].id}" of ${other}, found none${more}`);
}

/** Every corpus number with its direction, beside that of one constant report. */
function table(system: ScoreReport, constant: ScoreReport): string {
  const out = new Table({ head: ['', 'system', 'constant report'], style: { head: [], border: [] } });
  for (const [key, value] of Object.entries(system.corpus)) {
    if (!(key in system.directions) || key.startsWith('clinical/class/')) continue;
    out.push([
      `${key} ${system.directions[key] === 'higher' ? '↑' : '↓'}`,
      value.toFixed(4),
      constant.corpus[key].toFixed(4),
    ]);
  }
  const { facts, protocol } = system;
  return [
    `protocol ${protocol}, ${facts.count} reports, ${facts.distinctHypotheses} distinct texts ` +
      `(references: ${facts.distinctReferences}), length ratio ${facts.lengthRatio.toFixed(3)}`,
    out.toString(),
    'constant report: the most typical of the references, said for every study. Clinical labels by rules.',
  ].join('\n');
}
