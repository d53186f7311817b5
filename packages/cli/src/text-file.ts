import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { UsageError } from './errors';

/** Which columns to read. */
interface Columns {
  readonly id?: string;
  readonly text?: string;
  /** Names tried for the text column, in this order. */
  readonly guesses: readonly string[];
}

/** Reads ids, each used once, and texts from a CSV file with a header. @throws Error naming file, row or column */
export function readTexts(path: string, columns: Columns): { id: string; text: string }[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${path}: expected a CSV file, found ${code === 'ENOENT' ? 'nothing' : code}`);
  }
  let rows: string[][];
  try {
    rows = parse(content, { bom: true, relaxColumnCount: false, skipEmptyLines: true });
  } catch (error) {
    throw new Error(`${path}: expected CSV, found: ${(error as Error).message.split('\n')[0]}`);
  }
  const [header = [], ...body] = rows;
  if (body.length === 0)
    throw new Error(`${path}: expected a header and at least one row, found ${rows.length} rows`);
  const id = column(path, header, columns.id, ['id', 'study_id', 'dicom_id']);
  const text = column(path, header, columns.text, columns.guesses);
  const rowOf = new Map<string, number>();
  body.forEach((row, i) => {
    const earlier = rowOf.get(row[id]);
    if (earlier !== undefined) {
      throw new Error(
        `${path}: ${header[id]}: expected ids used once, found "${row[id]}" in rows ${earlier} and ${i + 1}`,
      );
    }
    rowOf.set(row[id], i + 1);
  });
  return body.map((row) => ({ id: row[id], text: row[text] }));
}

function column(
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
