import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readRegularFile } from '@raca/core/node';
import type { StudyImages } from '@raca/data/node';
import { parse } from 'csv-parse/sync';

const IDS = ['id', 'study_id', 'study', 'uid'];
/** Columns with all images of a study: in JSON a list, else paths with `;` between. */
const LISTS = ['images', 'image_path', 'image_paths', 'image', 'paths', 'path', 'files', 'file', 'filename'];
/** Columns with an image each, in this order. */
const FRONT_TO_SIDE = ['frontal', 'lateral'];
const NUMBERED = /^(?:image|view|path|file)[ _-]?\d+$/;

/** Whether the name is that of a table that {@link studiesOfTable} reads. */
export const isTable = (path: string): boolean => /\.(?:csv|tsv|json|jsonl|ndjson)$/i.test(path);

type Row = Readonly<Record<string, unknown>>;

/**
 * Studies of a table: CSV or TSV with a header, JSON (a list of objects) or JSON Lines, one row a study: an `id`, and the
 * images as `images` (a list, or paths with `;` between) or in columns of their own (`image1`, `image2`; `frontal`,
 * `lateral`). Relative paths lie beside the table.
 * @throws Error in one line naming file, row and column
 */
export function studiesOfTable(path: string): StudyImages[] {
  const rows = readRows(path);
  if (rows.length === 0) throw new Error(`${path}: expected at least one study, found none`);
  const rowOf = new Map<string, number>();
  return rows.map((row, i) => {
    const place = `${path}: row ${i + 1}`;
    const id = idOf(row, place);
    const earlier = rowOf.get(id);
    if (earlier !== undefined) {
      throw new Error(
        `${path}: expected ids used once, found "${id}" in rows ${earlier} and ${i + 1} ` +
          '(the images of one study go into one row)',
      );
    }
    rowOf.set(id, i + 1);
    const images = imagesOf(row, place).map((image) => resolve(dirname(path), image));
    if (images.length === 0) throw new Error(`${place}: ${id}: expected at least one image, found none`);
    return { id, images };
  });
}

function idOf(row: Row, place: string): string {
  const name = IDS.find((column) => Object.hasOwn(row, column));
  if (name === undefined)
    throw new Error(`${place}: expected a column ${IDS.join(' or ')}, found ${columnsOf(row)}`);
  const id = row[name];
  if ((typeof id === 'string' && id.trim() !== '') || typeof id === 'number') return `${id}`.trim();
  throw new Error(`${place}: ${name}: expected an id, found ${JSON.stringify(id)}`);
}

function imagesOf(row: Row, place: string): string[] {
  const list = LISTS.find((column) => Object.hasOwn(row, column));
  const single = Object.keys(row)
    .filter((column) => NUMBERED.test(column))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const names =
    list !== undefined ? [list] : [...FRONT_TO_SIDE.filter((name) => Object.hasOwn(row, name)), ...single];
  if (names.length === 0) {
    throw new Error(
      `${place}: expected a column images (paths with ; between), image1, image2 or frontal, lateral, found ${columnsOf(row)}`,
    );
  }
  return names.flatMap((name) => pathsIn(row[name], `${place}: ${name}`, place));
}

function pathsIn(value: unknown, field: string, place: string): string[] {
  if (Array.isArray(value)) return value.flatMap((entry, i) => pathsIn(entry, `${field}[${i}]`, place));
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string' || value.includes('\0'))
    throw new Error(`${field}: expected paths of images, found ${JSON.stringify(value)?.slice(0, 60)}`);
  const paths = existsSync(value) ? [value] : value.split(';');
  return paths.map((path) => path.trim()).filter(Boolean);
}

const columnsOf = (row: Row): string => Object.keys(row).join(', ') || 'none';

function readRows(path: string): Row[] {
  const text = readRegularFile(path, 'a table of studies', 2 ** 28)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  if (/\.[ct]sv$/i.test(path)) return readCsv(path, text);
  const values = /\.json$/i.test(path) ? parsed(text, path) : linesOf(text, path);
  if (!Array.isArray(values)) throw new Error(`${path}: expected a list of studies, found ${kindOf(values)}`);
  values.forEach((value, i) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
    throw new Error(`${path}: row ${i + 1}: expected an object with id and images, found ${kindOf(value)}`);
  });
  return values;
}

function readCsv(path: string, text: string): Row[] {
  try {
    return parse(text, {
      columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
      skipEmptyLines: true,
      delimiter: /\.tsv$/i.test(path) ? '\t' : ',',
    });
  } catch (error) {
    throw new Error(`${path}: expected CSV, found: ${(error as Error).message.split('\n')[0]}`);
  }
}

function linesOf(text: string, path: string): unknown[] {
  return text
    .split(/\r?\n/)
    .flatMap((line, i) => (line.trim() === '' ? [] : [parsed(line, `${path}: line ${i + 1}`)]));
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${place}: expected JSON, found: ${(error as Error).message.split('\n')[0].slice(0, 120)}`,
    );
  }
}

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;
