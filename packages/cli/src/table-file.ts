import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** A table of texts: from CSV with a header, from JSON (a list of objects) or JSON Lines. */
export interface TextTable {
  readonly header: readonly string[];
  /** One list a row, in the order of the header. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * Reads a table; the ending tells the kind: `.json`, `.jsonl` or `.ndjson`, else CSV. JSON fields that are no text or
 * number are left out of the header.
 * @throws Error naming file, row and column
 */
export function readTable(path: string): TextTable {
  const kind = /\.json$/i.test(path) ? 'JSON' : /\.(?:jsonl|ndjson)$/i.test(path) ? 'JSON Lines' : 'CSV';
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${path}: expected a ${kind} file, found ${code === 'ENOENT' ? 'nothing' : code}`);
  }
  const text = content.replace(/^\uFEFF/, '');
  if (kind === 'CSV') return readCsv(path, text);
  return fromRecords(path, kind === 'JSON' ? readJson(path, text) : readJsonLines(path, text));
}

function readCsv(path: string, text: string): TextTable {
  let rows: string[][];
  try {
    rows = parse(text, { relaxColumnCount: false, skipEmptyLines: true });
  } catch (error) {
    throw new Error(`${path}: expected CSV, found: ${(error as Error).message.split('\n')[0]}`);
  }
  const [header = [], ...body] = rows;
  if (body.length === 0) {
    throw new Error(`${path}: expected a header and at least one row, found ${rows.length} rows`);
  }
  return { header, rows: body };
}

function readJson(path: string, text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: expected JSON, found: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!Array.isArray(value)) throw new Error(`${path}: expected a list of objects, found ${kindOf(value)}`);
  return value;
}

function readJsonLines(path: string, text: string): unknown[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => ({ line, row: i + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, row }) => {
      try {
        return JSON.parse(line);
      } catch {
        throw new Error(`${path}: line ${row}: expected JSON, found "${line.slice(0, 40)}"`);
      }
    });
}

function fromRecords(path: string, records: readonly unknown[]): TextTable {
  if (records.length === 0) throw new Error(`${path}: expected at least one row, found none`);
  const isText = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  records.forEach((record, i) => {
    if (kindOf(record) === 'an object') return;
    throw new Error(`${path}: row ${i + 1}: expected an object, found ${kindOf(record)}`);
  });
  const [first, ...others] = records as Record<string, unknown>[];
  const header = Object.keys(first).filter((name) => isText(first[name]));
  const rows = [first, ...others].map((record, i) =>
    header.map((name) => {
      const value = Object.hasOwn(record, name) ? record[name] : undefined;
      if (isText(value)) return String(value);
      throw new Error(`${path}: row ${i + 1}: ${name}: expected text, found ${kindOf(value)}`);
    }),
  );
  return { header, rows };
}

const kindOf = (value: unknown): string =>
  value === null || value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;

/** One field of CSV, quoted where it has to be. */
const csvField = (value: string | number): string =>
  /[",\r\n]|^\s|\s$/.test(`${value}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value}`;

/** CSV with a header. */
export const toCsv = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [header, ...rows].map((row) => `${row.map(csvField).join(',')}\n`).join('');
