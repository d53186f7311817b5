import { JsonNumber, type JsonValue, toJson } from '@raca/data/json';
import { CHEXPERT_14, type ReportLabels } from '@raca/metrics';
import { isNothing, type TextTable, toCsv } from './table-file';
import { foundIn } from './table-json';

/**
 * A table with 14 columns more: 1, 0, -1 or nothing. JSON or JSON Lines by the ending of the path, with the fields of the
 * input as they were and null for nothing; else CSV.
 * @param raw writes cells that spreadsheets would compute as they are
 */
export function labelledText(
  path: string,
  table: TextTable,
  labels: readonly ReportLabels[],
  raw = false,
): string {
  const format = /\.(jsonl?|ndjson)$/i.exec(path)?.[1].toLowerCase();
  if (format === undefined) return asCsv(table, labels, raw);
  const lines = asObjects(table, labels);
  return format === 'json' ? `[\n${lines.join(',\n')}\n]\n` : `${lines.join('\n')}\n`;
}

function asCsv({ header, rows }: TextTable, labels: readonly ReportLabels[], raw: boolean): string {
  const cells = rows.map((row, i) => [
    ...row.map((cell) => (typeof cell === 'string' ? cell : Array.isArray(cell) ? JSON.stringify(cell) : '')),
    ...CHEXPERT_14.map((name) => labels[i][name] ?? ''),
  ]);
  return toCsv([...header, ...CHEXPERT_14], cells, { raw });
}

function asObjects({ header, rows, records }: TextTable, labels: readonly ReportLabels[]): string[] {
  return rows.map((row, i) => {
    const value = (c: number): JsonValue => {
      const cell = row[c];
      return typeof cell === 'string' ? cell : isNothing(cell) ? null : foundIn(cell);
    };
    const fields = new Map<string, JsonValue>(header.map((name, c) => [name, value(c)]));
    for (const [name, found] of records?.[i] ?? []) fields.set(name, found);
    for (const name of CHEXPERT_14) {
      const label = labels[i][name];
      fields.set(name, label === undefined ? null : new JsonNumber(String(label)));
    }
    return toJson(fields);
  });
}
