import type { Comparison, ScoreReport } from '@raca/metrics';
import Table from 'cli-table3';
import { toCsv } from './table-csv';

export const ARROWS = { higher: ' ↑', lower: ' ↓' };

/** Every corpus number with its direction, beside those of the trivial baselines. */
export function corpusTable(
  system: ScoreReport,
  baselines: Readonly<Record<string, ScoreReport>>,
  cleaning: string | undefined,
): string {
  const others = Object.values(baselines);
  const head = ['', 'system', ...Object.keys(baselines)];
  const out = new Table({ head, style: { head: [], border: [] } });
  for (const key of Object.keys(system.corpus)) {
    if (!(key in system.directions) || key.startsWith('clinical/class/')) continue;
    const values = [system, ...others].map(({ corpus }) => corpus[key]?.toFixed(4) ?? '–');
    out.push([key + ARROWS[system.directions[key]], ...values]);
  }
  const { facts, protocol } = system;
  return [
    `${protocolLine(protocol, cleaning)}, ${facts.count} reports, ${facts.distinctHypotheses} distinct texts ` +
      `(references: ${facts.distinctReferences}), length ratio ${facts.lengthRatio.toFixed(3)}`,
    out.toString(),
    others.length > 0 ? BASELINES : '',
  ].join('\n');
}

/** What the references are, beside every table. */
export const protocolLine = (protocol: string, cleaning: string | undefined): string =>
  `protocol ${protocol}${cleaning === undefined ? '' : ` (both sides cleaned as for ${cleaning})`}`;

export const BASELINES =
  'constant: one text said for every study, the most typical of the references (with --data: of the training ' +
  'reports). nearest (with --data): the report of the training study whose images look most alike.';

/** Two systems, score by score: difference, p-value and p-value after Holm's correction. */
export function comparisonTable(comparison: readonly Comparison[], resamples: number, seed: number): string {
  const out = new Table({
    head: ['', 'system', 'other', 'difference', 'p', 'p (Holm)'],
    style: { head: [], border: [] },
  });
  for (const { key, direction, first, second, difference, pValue, adjusted } of comparison) {
    out.push([
      key + ARROWS[direction],
      first.toFixed(4),
      second.toFixed(4),
      signed(difference),
      pValue.toFixed(4),
      adjusted.toFixed(4),
    ]);
  }
  return (
    `${out.toString()}\npaired approximate randomisation, ${resamples} resamples, seed ${seed}; ` +
    `Holm's correction over ${comparison.length} scores`
  );
}

export const signed = (x: number): string => (x > 0 ? '+' : '') + x.toFixed(4);

/** Scores of each report of a system. */
export interface NamedScores {
  readonly system: string;
  readonly scores: ScoreReport;
}

/** One row per report, with the system's name where there are several: JSON or JSON Lines for a path that ends so, else CSV. */
export function perReportText(path: string, systems: readonly NamedScores[], raw: boolean): string {
  const several = systems.length > 1;
  const rows = systems.flatMap(({ system, scores }) =>
    scores.perReport.map((row) => ({ ...(several && { system }), ...row })),
  );
  if (/\.json$/i.test(path)) return `${JSON.stringify(rows, null, 1)}\n`;
  if (/\.jsonl$/i.test(path)) return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const keys = Object.keys(systems[0].scores.perReport[0].scores);
  return toCsv(
    [...(several ? ['system'] : []), 'id', ...keys],
    rows.map(({ system, id, scores }) => [
      ...(system === undefined ? [] : [system]),
      id,
      ...keys.map((key) => scores[key]),
    ]),
    { raw },
  );
}
