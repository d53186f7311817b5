import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { asDiskError, isSystemError } from '@raca/core/node';
import { type Info, parse } from 'csv-parse';
import { DataError } from '../../errors';
import type { DiskFile } from './scratch';

/** Characters of one row at most: a quote that nobody closes must not swallow the file. */
const LONGEST_ROW = 1 << 20;

/** What parts the columns of a table's first line: a comma, a semicolon or a tab. */
export async function separatorOf({ path, name }: DiskFile): Promise<string> {
  const raw = createReadStream(path);
  const input = /\.gz$/i.test(name) ? raw.pipe(createGunzip()) : raw;
  try {
    for await (const line of createInterface({ input })) {
      const count = (mark: string): number => line.split(mark).length;
      return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
    }
  } catch {
    // said by the reading of the rows
  } finally {
    raw.destroy();
  }
  return ',';
}

/** The names of the columns. @throws DataError if it is no CSV */
export async function columnsOf(table: DiskFile, separator?: string): Promise<string[]> {
  for await (const row of rowsOf(table, [], separator)) return Object.keys(row);
  return [];
}

/**
 * The rows of a CSV file (`.gz` too), one at a time.
 *
 * @param columns that must be there; others come along
 * @param separator of the columns; default a comma
 * @throws DataError naming file and line: broken CSV or gzip, missing columns
 */
export async function* rowsOf(
  table: DiskFile,
  columns: readonly string[],
  separator = ',',
): AsyncGenerator<Record<string, string>, void, undefined> {
  const raw = createReadStream(table.path);
  const parser = parse({
    bom: true,
    delimiter: separator,
    columns: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: LONGEST_ROW,
  });
  const fail = (error: Error) => parser.destroy(error);
  raw.on('error', fail);
  if (/\.gz$/i.test(table.name)) raw.pipe(createGunzip().on('error', fail)).pipe(parser);
  else raw.pipe(parser);
  let first = true;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>;
      info: Info;
    }>) {
      if (first) {
        const missing = columns.find((column) => !(column in record));
        if (missing !== undefined) {
          const found = Object.keys(record).join(', ');
          throw new DataError(
            `${table.name}: line ${info.lines}: expected a column ${missing}, found ${found}`,
          );
        }
        first = false;
      }
      yield record;
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (isSystemError(error)) throw asDiskError(error, table.name);
    throw new DataError(
      `${table.name}: expected CSV, found: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 160)}`,
    );
  }
}
