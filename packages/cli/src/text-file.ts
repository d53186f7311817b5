import { basename } from 'node:path';
import { columnOf, findColumn, ID_COLUMNS, KEY_COLUMN } from './column-names';
import { UsageError } from './errors';
import { type Cell, isNothing, noText, type TextTable } from './table-file';
import { shown, visible } from './visible-line';

/** One row of a table of texts; several texts are several references of one study. */
export interface TextRow {
  readonly id: string;
  readonly texts: readonly string[];
  /** From 0. */
  readonly row: number;
}

/** A table with its columns chosen. */
export interface TextSide {
  readonly table: TextTable;
  /** Position of the ids; null where rows are paired by position. */
  readonly id: number | null;
  /** Position of the texts; null for a table of labels alone. */
  readonly text: number | null;
  /** In words, for the user: which file, how read, which columns. */
  readonly read: string;
}

export interface SideOptions {
  readonly idColumn?: string;
  /** Position or name of the text column, or null for labels alone. */
  readonly text: number | null;
  /** What the texts are made of when that is no column. */
  readonly made?: string;
  readonly byRow?: boolean;
}

/** Chooses the column of ids of a table. @throws UsageError where the one asked for is not there */
export function chooseSide(
  what: string,
  table: TextTable,
  { idColumn, text, made, byRow = false }: SideOptions,
): TextSide {
  const { path, header, rows, form } = table;
  const id = byRow ? null : idPlace(table, idColumn, text);
  const texts = made ?? (text === null ? 'labels' : `column ${nameOf(header[text])}`);
  const ids = id === null ? 'rows in order' : `ids from ${nameOf(header[id])}`;
  const read = `${what}: ${visible(basename(path))} (${form}, ${rows.length} rows): ${texts}, ${ids}`;
  return { table, id, text, read };
}

const nameOf = (name: string): string => (name === '' ? 'without name' : shown(name));

function idPlace(table: TextTable, asked: string | undefined, text: number | null): number | null {
  const { path, header, rows, headless } = table;
  if (asked === undefined && headless) return header.length === 2 && text === 1 ? 0 : null;
  if (asked !== undefined) return columnOf(path, header, asked, []);
  const key = header.indexOf(KEY_COLUMN);
  const places = header.map((name, i) => (i === text || i === key ? '\0' : name));
  const named = findColumn(path, places, ID_COLUMNS);
  if (key < 0) return named < 0 ? null : named;
  const counted = rows.every((row, i) => row[key] === String(i));
  return counted && named >= 0 ? named : key;
}

/** What to do with rows that cannot be scored as they are. */
export interface RowOptions {
  /** Rows without a text are left out. */
  readonly allowMissing?: boolean;
  /** Rows that say the same of the same id count once. */
  readonly dropDuplicates?: boolean;
}

/**
 * The rows of a table, each id used once.
 * @returns the rows, and how many were left out and why
 * @throws Error naming file, row and column
 */
export function rowsOf(
  { table, id, text }: TextSide,
  textsAt: (row: number) => Cell,
  { allowMissing = false, dropDuplicates = false }: RowOptions = {},
): { rows: TextRow[]; withoutText: number; repeated: number } {
  const { path, header } = table;
  const rowOf = new Map<string, TextRow>();
  const counts = { withoutText: 0, repeated: 0 };
  const rows: TextRow[] = [];
  table.rows.forEach((cells, row) => {
    const texts = textsAt(row);
    if (isNothing(texts) && allowMissing) {
      counts.withoutText++;
      return;
    }
    if (typeof texts !== 'string' && 'found' in texts) {
      const error = noText(table, row, text ?? 0);
      throw isNothing(texts)
        ? new Error(`${error.message} (--allow-missing leaves such studies out)`)
        : error;
    }
    const name = id === null ? String(row + 1) : idAt(table, row, id, cells[id]);
    const found = { id: name, texts: typeof texts === 'string' ? [texts] : texts, row };
    const earlier = rowOf.get(name);
    if (earlier) {
      const same = earlier.texts.join('\0') === found.texts.join('\0');
      if (same && dropDuplicates) {
        counts.repeated++;
        return;
      }
      const hint = same && !dropDuplicates ? ' (equal rows: --drop-duplicates keeps the first)' : '';
      throw new Error(
        `${visible(path)}: ${shown(header[id!])}: expected ids used once, found "${shown(name)}" in rows ` +
          `${earlier.row + 1} and ${row + 1}${hint}`,
      );
    }
    rowOf.set(name, found);
    rows.push(found);
  });
  return { rows, ...counts };
}

function idAt(table: TextTable, row: number, column: number, cell: Cell): string {
  if (typeof cell === 'string') return cell;
  throw noText(table, row, column);
}

/** @throws UsageError where neither an id nor the position can pair the rows of two files */
export function requirePairing(references: TextSide, hypotheses: TextSide): void {
  const without = [references, hypotheses].find(({ id }) => id === null);
  if (!without) return;
  const oneFile = references.table.path === hypotheses.table.path;
  const bothWithout = references.id === null && hypotheses.id === null;
  const alone = [references, hypotheses].every(({ table }) => table.header.length === 1);
  if (bothWithout && (oneFile || alone)) return;
  const { path, header } = without.table;
  throw new UsageError(
    `${visible(path)}: expected a column ${ID_COLUMNS.slice(0, 3).join(' or ')}, found ` +
      `${header.map((name) => shown(name)).join(', ')} (--id-column names it, --by-row pairs rows by position, ` +
      '--no-header reads the first row as data)',
  );
}
