import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Info, parse } from 'csv-parse';
import { DataError } from '../../errors';
import type { SourceFile } from './source';

/** A CSV file that a scan has come across: on the disk, or out of an archive. */
export interface FoundTable {
  readonly name: string;
  readonly path?: string;
  readonly content?: Buffer;
}

export async function foundTable(file: SourceFile): Promise<FoundTable> {
  return file.path
    ? { name: file.path, path: file.path }
    : { name: `${file.root}: ${file.name}`, content: await file.read() };
}

/** The names of the columns. @throws DataError if it is no CSV */
export async function columnsOf(table: FoundTable): Promise<string[]> {
  for await (const row of rowsOf(table, [])) return Object.keys(row);
  return [];
}

/**
 * The rows of a CSV file (`.gz` too), one at a time.
 *
 * @param columns that must be there; others come along
 * @throws DataError naming file and line: broken CSV or gzip, missing columns
 */
export async function* rowsOf(
  table: FoundTable,
  columns: readonly string[],
): AsyncGenerator<Record<string, string>, void, undefined> {
  const raw = table.path ? createReadStream(table.path) : Readable.from([table.content ?? Buffer.alloc(0)]);
  const parser = parse({ bom: true, columns: true, skip_empty_lines: true, info: true });
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
    throw new DataError(
      `${table.name}: expected CSV, found: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 160)}`,
    );
  }
}
