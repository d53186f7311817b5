import type { JsonObject } from '@raca/data/json';
import { isKnownName } from './column-names';
import { readTextFile } from './table-bytes';
import { readCsv } from './table-csv';
import { type Cell, foundIn, readJsonTable } from './table-json';
import { shown, visible } from './visible-line';

export type { Cell } from './table-json';

/** A table: from CSV, from JSON in any form that tables of reports come in, from JSON Lines, or lines of text. */
export interface TextTable {
  readonly path: string;
  readonly header: readonly string[];
  /** One list a row, in the order of the header. */
  readonly rows: readonly (readonly Cell[])[];
  /** How the file was read, in words. */
  readonly form: string;
  /** No names in the file: the columns are called 1, 2, … */
  readonly headless: boolean;
  /** The objects of a JSON file, one a row. */
  readonly records?: readonly JsonObject[];
}

export interface TableOptions {
  /** Needed for files that are neither UTF-8 nor UTF-16. */
  readonly encoding?: string;
  /** False: the first row of CSV is data. Left out: told by its names, for files of one column. */
  readonly header?: boolean;
  /** Of an `annotation.json`; default `test`. */
  readonly split?: string;
}

/**
 * Reads a table. Its form is told by content, not by the ending; only `.txt` and `.tok` are always one text per line.
 * @throws Error naming file, row and column
 */
export function readTable(path: string, { encoding, header, split = 'test' }: TableOptions = {}): TextTable {
  const { text, written } = readTextFile(path, encoding);
  const kind = /\.([a-z]+)(?:\.gz)?$/i.exec(path)?.[1].toLowerCase() ?? '';
  const parts = partsOf(path, text, kind, split, header);
  const form = written === '' ? parts.form : `${parts.form}, ${written}`;
  if (!parts.bare) return { path, ...parts, form, headless: parts.headless ?? false };
  return { path, ...named(path, parts.rows, header), form };
}

interface Parts {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly form: string;
  readonly records?: readonly JsonObject[];
  /** The first row may be a header. */
  readonly bare?: boolean;
  readonly headless?: boolean;
}

function partsOf(
  path: string,
  text: string,
  kind: string,
  split: string,
  header: boolean | undefined,
): Parts {
  const isJson = /^(?:json|jsonl|ndjson)$/.test(kind);
  if (text.trim() === '') {
    const what = isJson ? 'at least one row, found none' : 'a header and at least one row, found 0 rows';
    throw new Error(`${visible(path)}: expected ${what}`);
  }
  const opens = /^\s*[[{]/.test(text);
  if (isJson && !opens) {
    throw new Error(
      `${visible(path)}: expected JSON, found: "${shown(text.trimStart().split('\n', 1)[0], 30)}"`,
    );
  }
  if (opens) {
    try {
      return readJsonTable(path, text, split);
    } catch (error) {
      if (isJson || /^\s*(?:\{\s*"|\[\s*[[{"])/.test(text)) throw error;
    }
  }
  if (/^(?:txt|tok)$/.test(kind) && !/^[^\n]*\t/.test(text)) {
    const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
    const titled = header ?? (lines.length > 1 && isKnownName(lines[0]));
    const rows = lines.map((line) => [line]);
    return titled
      ? { header: rows[0], rows: rows.slice(1), form: 'lines of text' }
      : { header: ['1'], rows, form: 'lines of text', headless: true };
  }
  return { header: [], ...readCsv(path, text), bare: true };
}

/** Names from the first row, or numbers where it is data. */
function named(
  path: string,
  rows: readonly (readonly Cell[])[],
  asked: boolean | undefined,
): Pick<TextTable, 'header' | 'rows' | 'headless'> {
  const [first = []] = rows;
  const words = first.map((cell) => (typeof cell === 'string' ? cell : foundIn(cell)));
  const titled = asked ?? !(first.length === 1 && !isKnownName(words[0]) && /\s/.test(words[0].trim()));
  const body = titled ? rows.slice(1) : rows;
  if (body.length === 0) {
    throw new Error(`${visible(path)}: expected a header and at least one row, found ${rows.length} rows`);
  }
  const width = first.length;
  const uneven = body.findIndex((row) => row.length !== width);
  if (uneven >= 0) {
    throw new Error(
      `${visible(path)}: row ${uneven + 1}: expected ${width} values, found ${body[uneven].length}`,
    );
  }
  return { header: titled ? words : words.map((_, i) => String(i + 1)), rows: body, headless: !titled };
}

/** An error that names file, row, column and what is there instead of a text. */
export const noText = ({ path, header, rows }: TextTable, row: number, column: number): Error =>
  new Error(
    `${visible(path)}: row ${row + 1}: ${shown(header[column])}: expected text, found ${foundIn(rows[row][column])}`,
  );

/** Whether a cell holds nothing: null, NaN or a missing field of JSON. */
export const isNothing = (cell: Cell): boolean =>
  typeof cell !== 'string' && 'found' in cell && cell.found === 'nothing';

export { toCsv } from './table-csv';
