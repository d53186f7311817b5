import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ViewKind } from '@raca/core';
import { readRegularFile } from '@raca/core/node';
import { viewKind } from '@raca/data';
import type { StudyContext, StudyImages } from '@raca/data/node';
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
 * `lateral`). Relative paths lie beside the table. What the study comes with may stand in further columns: `views` (what each
 * image shows), `indication`, `history`, `comparison`, `technique`, `prior_images`, `prior_views`, `prior_report`, `prior_days`.
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
    const absolute = (image: string): string => resolve(dirname(path), image);
    const images = imagesOf(row, place).map(absolute);
    if (images.length === 0) throw new Error(`${place}: ${id}: expected at least one image, found none`);
    const context = contextOf(row, place, images.length, absolute);
    return { id, images, ...(Object.keys(context).length > 0 && { context }) };
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

const TEXTS = ['indication', 'history', 'comparison', 'technique'] as const;

/** What a row says beside images; a cell that is empty in CSV was not there. */
function contextOf(
  row: Row,
  place: string,
  images: number,
  absolute: (path: string) => string,
): StudyContext {
  const told = (name: string): string | undefined => {
    const value = row[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value.trim() === '' ? undefined : value;
    throw new Error(`${place}: ${name}: expected a text, found ${kindOf(value)}`);
  };
  const views = viewsIn(row, 'views', place, images) ?? columnViews(row, images);
  const files = pathsIn(row.prior_images, `${place}: prior_images`, place).map(absolute);
  const [report, days] = [told('prior_report'), daysOf(row, place)];
  const before = viewsIn(row, 'prior_views', place, files.length);
  const prior = {
    ...(files.length > 0 && { images: files }),
    ...(before && { views: before }),
    ...(report !== undefined && { report }),
    ...(days !== undefined && { days }),
  };
  return {
    ...(views && { views }),
    ...Object.fromEntries(TEXTS.flatMap((name) => (told(name) === undefined ? [] : [[name, told(name)]]))),
    ...(Object.keys(prior).length > 0 && { prior }),
  };
}

function viewsIn(row: Row, name: string, place: string, images: number): ViewKind[] | undefined {
  const value = row[name];
  if (value === undefined || value === null || value === '') return undefined;
  const names = Array.isArray(value) ? value.map(String) : String(value).split(';');
  if (names.length !== images)
    throw new Error(`${place}: ${name}: expected a view for each of ${images} images, found ${names.length}`);
  return names.map((view) => viewKind(view));
}

/** Columns `frontal` and `lateral` say what they show. */
function columnViews(row: Row, images: number): ViewKind[] | undefined {
  if (LISTS.some((column) => Object.hasOwn(row, column))) return undefined;
  const kinds = (['frontal', 'lateral'] as const).filter(
    (name) => typeof row[name] === 'string' && row[name].trim() !== '' && !row[name].includes(';'),
  );
  return kinds.length === images ? kinds : undefined;
}

function daysOf(row: Row, place: string): number | undefined {
  const value = row.prior_days;
  if (value === undefined || value === null || value === '') return undefined;
  const days = Number(value);
  if (Number.isFinite(days) && days >= 0) return days;
  throw new Error(`${place}: prior_days: expected a number of days, found ${JSON.stringify(value)}`);
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
