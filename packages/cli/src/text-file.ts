import { UsageError } from './errors';
import { readTable } from './table-file';

/** Which columns to read. */
interface Columns {
  readonly id?: string;
  readonly text?: string;
  /** Names tried for the text column, in this order. */
  readonly guesses: readonly string[];
}

/** Names tried for the column of ids. */
export const ID_COLUMNS = ['id', 'study_id', 'dicom_id'];

/** Reads ids, each used once, and texts from CSV, JSON or JSON Lines. @throws Error naming file, row or column */
export function readTexts(path: string, columns: Columns): { id: string; text: string }[] {
  const { header, rows } = readTable(path);
  const id = columnOf(path, header, columns.id, ID_COLUMNS);
  const text = columnOf(path, header, columns.text, columns.guesses);
  const rowOf = new Map<string, number>();
  rows.forEach((row, i) => {
    const earlier = rowOf.get(row[id]);
    if (earlier !== undefined) {
      throw new Error(
        `${path}: ${header[id]}: expected ids used once, found "${row[id]}" in rows ${earlier} and ${i + 1}`,
      );
    }
    rowOf.set(row[id], i + 1);
  });
  return rows.map((row) => ({ id: row[id], text: row[text] }));
}

/** Position of a column. @throws UsageError naming the columns there are */
export function columnOf(
  path: string,
  header: readonly string[],
  asked: string | undefined,
  guesses: readonly string[],
): number {
  const wanted = asked === undefined ? guesses : [asked];
  const name = wanted.find((guess) => header.includes(guess));
  if (name === undefined) {
    throw new UsageError(`${path}: expected a column ${wanted.join(' or ')}, found ${header.join(', ')}`);
  }
  return header.indexOf(name);
}
