import { readRegularFile, withoutGuard } from '@raca/core/node';
import type { ReportPair } from '@raca/metrics';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

const reportRows = z.array(z.object({ id: z.string(), reference: z.string(), generated: z.string() }));

/** Largest table, in bytes: 100,000 reports take some 100 MB. */
const LARGEST_FILE = 2 ** 28;
/** Longest row, in characters: a quote left open must not take the rest of the file. */
const LONGEST_ROW = 4_000_000;

/** The reports in a run's `reports.csv`. @throws Error in one line if the table does not fit */
export function readReports(path: string): ReportPair[] {
  const bytes = readRegularFile(path, 'a table of reports', LARGEST_FILE);
  let table: unknown;
  try {
    table = parse(bytes, { columns: true, maxRecordSize: LONGEST_ROW, cast: withoutGuard });
  } catch (error) {
    throw new Error(`${path}: expected CSV, found: ${(error as Error).message.split('\n')[0]}`);
  }
  const rows = reportRows.safeParse(table);
  if (!rows.success) throw new Error(`${path}: expected columns id, reference, generated, found others`);
  return rows.data.map(({ id, reference, generated }) => ({ id, reference, hypothesis: generated }));
}
