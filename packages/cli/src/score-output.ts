import type { Comparison, ScoreReport } from '@raca/metrics';
import Table from 'cli-table3';
import { toCsv } from './table-file';

const ARROWS = { higher: ' ↑', lower: ' ↓' };

/** Every corpus number with its direction, beside that of one constant report. */
export function corpusTable(system: ScoreReport, baselines: Readonly<Record<string, ScoreReport>>): string {
  const others = Object.values(baselines);
  const head = ['', 'system', ...Object.keys(baselines)];
  const out = new Table({ head, style: { head: [], border: [] } });
  for (const key of Object.keys(system.corpus)) {
    if (!(key in system.directions) || key.startsWith('clinical/class/')) continue;
    const values = [system, ...others].map(({ corpus }) => corpus[key].toFixed(4));
    out.push([key + ARROWS[system.directions[key]], ...values]);
  }
  const { facts, protocol } = system;
  return [
    `protocol ${protocol}, ${facts.count} reports, ${facts.distinctHypotheses} distinct texts ` +
      `(references: ${facts.distinctReferences}), length ratio ${facts.lengthRatio.toFixed(3)}`,
    out.toString(),
    'constant: one text said for every study, the most typical of the references (with --data: of the training ' +
      'reports). nearest (with --data): the report of the training study whose images look most alike. Clinical ' +
      'labels by rules.',
  ].join('\n');
}

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
      (difference > 0 ? '+' : '') + difference.toFixed(4),
      pValue.toFixed(4),
      adjusted.toFixed(4),
    ]);
  }
  return (
    `${out.toString()}\npaired approximate randomisation, ${resamples} resamples, seed ${seed}; ` +
    `Holm's correction over ${comparison.length} scores`
  );
}

/** One row a report: JSON for a path that ends so, else CSV. */
export function perReportText(path: string, { perReport }: ScoreReport): string {
  if (/\.json$/i.test(path)) return `${JSON.stringify(perReport, null, 1)}\n`;
  if (/\.jsonl$/i.test(path)) return perReport.map((row) => `${JSON.stringify(row)}\n`).join('');
  const keys = Object.keys(perReport[0].scores);
  return toCsv(
    ['id', ...keys],
    perReport.map(({ id, scores }) => [id, ...keys.map((key) => scores[key])]),
  );
}
