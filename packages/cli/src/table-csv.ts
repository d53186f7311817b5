import { guardedCell, withoutGuard } from '@raca/core/node';
import { parse } from 'csv-parse/sync';
import { isKnownName } from './column-names';
import { visible } from './visible-line';

/** Longest row, in characters: a quote left open must not take the rest of the file. */
const ROW_LIMIT = 4_000_000;

const DELIMITERS: readonly [mark: string, name: string][] = [
  [',', 'CSV'],
  [';', 'CSV separated by semicolons'],
  ['\t', 'CSV separated by tabs'],
  ['|', 'CSV separated by bars'],
];

/** Most rows of a table. */
export const MOST_ROWS = 1_000_000;

/** Rows looked at to tell what separates the fields. */
const LOOKED_AT = 20;

export interface CsvRows {
  readonly rows: readonly (readonly string[])[];
  /** In words. */
  readonly form: string;
}

/**
 * Rows of CSV; what separates the fields is told by the names of the header, else by which mark cuts the first rows into
 * equal numbers of fields. Excel's `sep=;` line is understood.
 * @throws Error in one line with the line that does not fit
 */
export function readCsv(path: string, text: string): CsvRows {
  const told = /^sep=(.)\r?\n/.exec(text);
  const body = told ? text.slice(told[0].length) : text;
  const [mark, form] = told ? [told[1], `CSV separated by "${told[1]}"`] : delimiterOf(body);
  const rows = parseRows(path, body, mark, true);
  // In a file of one column a blank line is an empty text: leaving it out would shift the rows below.
  const whole = rows[0]?.length === 1 ? withoutTail(parseRows(path, body, mark, false)) : rows;
  return { rows: GUARDED.test(body) ? whole.map((row) => row.map(withoutGuard)) : whole, form };
}

function withoutTail(rows: string[][]): string[][] {
  let end = rows.length;
  while (end > 0 && rows[end - 1].every((cell) => cell === '')) end--;
  return rows.slice(0, Math.max(end, 1));
}

function delimiterOf(text: string): readonly [mark: string, name: string] {
  const head = text.slice(0, 200_000);
  const found = DELIMITERS.map((delimiter) => {
    const rows = firstRows(head, delimiter[0]);
    const [header = []] = rows;
    const width = header.length;
    const known = width > 1 ? header.filter(isKnownName).length : 0;
    const even = width > 1 && rows.length > 1 && rows.every((row) => row.length === width);
    return { delimiter, known, even };
  });
  const named = Math.max(...found.map(({ known }) => known));
  if (named > 0) return found.find(({ known }) => known === named)!.delimiter;
  if (isKnownName(text.split(/\r?\n/, 1)[0].replaceAll('"', ''))) return DELIMITERS[0];
  return (found.find(({ even }) => even) ?? found[0]).delimiter;
}

function firstRows(head: string, delimiter: string): string[][] {
  try {
    return parse(head, {
      delimiter,
      to: LOOKED_AT,
      relaxColumnCount: true,
      relaxQuotes: true,
      skipEmptyLines: true,
    });
  } catch {
    return [];
  }
}

function parseRows(
  path: string,
  text: string,
  delimiter: string,
  skipEmptyLines: boolean,
  trimmed = false,
): string[][] {
  const options = {
    delimiter,
    trim: trimmed,
    relaxColumnCount: false,
    skipEmptyLines,
    maxRecordSize: ROW_LIMIT,
    to: MOST_ROWS + 2,
  };
  try {
    return fewEnough(path, parse(text, options));
  } catch (error) {
    if (error instanceof TooMany) throw error;
    const { code, message } = error as Error & { code?: string };
    // Files separated by tabs are often written without any quoting.
    if (delimiter === '\t' && /QUOTE/.test(code ?? ''))
      return fewEnough(path, parse(text, { ...options, quote: false }));
    // `a1 , "text"`: blanks beside the quotes.
    if (code === 'INVALID_OPENING_QUOTE' && delimiter !== '\t' && !trimmed)
      return parseRows(path, text, delimiter, skipEmptyLines, true);
    if (code === 'CSV_MAX_RECORD_SIZE') {
      throw new Error(
        `${visible(path)}: expected CSV, found a row of more than ${ROW_LIMIT.toLocaleString('en')} characters (a quote left open?)`,
      );
    }
    const hint = code?.includes('FIELDS_LENGTH')
      ? ' (a text that holds the separator needs quotes around it)'
      : '';
    throw new Error(`${visible(path)}: expected CSV, found: ${visible(message.split('\n')[0])}${hint}`);
  }
}

/** A header more than the most rows is allowed. */
function fewEnough(path: string, rows: string[][]): string[][] {
  if (rows.length <= MOST_ROWS + 1) return rows;
  throw new TooMany(`${visible(path)}: expected at most ${MOST_ROWS.toLocaleString('en')} rows, found more`);
}

class TooMany extends Error {}

/** An apostrophe that {@link toCsv} put before such a cell; taken off again when the file is read. */
const GUARDED = /(?:^|[,;\t|"\n\r])'[=+\-@\t\r]/;

/** One field of CSV, quoted where it has to be; text that a spreadsheet would compute gets an apostrophe before it. */
function csvField(value: string | number, raw: boolean): string {
  const safe = String(raw ? value : guardedCell(value));
  return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * CSV with a header. Cells of text that begin with = + - @ (which a spreadsheet would compute) get an apostrophe before
 * them, as people type it there, which {@link readCsv} takes off again; negative numbers stay.
 * @param options.raw writes every cell as it is
 */
export const toCsv = (
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  { raw = false }: { readonly raw?: boolean } = {},
): string => [header, ...rows].map((row) => `${row.map((cell) => csvField(cell, raw)).join(',')}\n`).join('');
