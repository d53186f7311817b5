import { readFileSync } from 'node:fs';
import type { ReportPair } from '@raca/metrics';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

const reportRows = z.array(z.object({ id: z.string(), reference: z.string(), generated: z.string() }));

/** The reports in a run's `reports.csv`. @throws Error in one line if the table does not fit */
export function readReports(path: string): ReportPair[] {
  let table: unknown;
  try {
    table = parse(readFileSync(path), { columns: true });
  } catch (error) {
    throw new Error(`${path}: expected CSV, found: ${(error as Error).message.split('\n')[0]}`);
  }
  const rows = reportRows.safeParse(table);
  if (!rows.success) throw new Error(`${path}: expected columns id, reference, generated, found others`);
  return rows.data.map(({ id, reference, generated }) => ({ id, reference, hypothesis: generated }));
}
