import {
  isList,
  isObject,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  jsonBudget,
  parseJson,
} from '@raca/data/json';
import { isKnownName, KEY_COLUMN, TEXT_COLUMN } from './column-names';
import { shown, visible } from './visible-line';

/** What a cell holds that is no text. */
export interface NoText {
  readonly found: string;
}

/** A text, several texts, or what is there instead. */
export type Cell = string | readonly string[] | NoText;

export interface JsonRows {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** In words. */
  readonly form: string;
  /** The objects behind the rows, where there is one a row. */
  readonly records?: readonly JsonObject[];
  /** Rows of bare values: whether the first is a header is for the caller to tell. */
  readonly bare?: boolean;
}

export const FORMS =
  'a list of objects, pandas records, columns, index, split, values or table, {id: text}, {id: [texts]}, {id: object}, ' +
  '{references: [texts], hypotheses: [texts]}, or COCO annotations';

/** A table from JSON or JSON Lines, told apart by content. @throws Error in one line */
export function readJsonTable(path: string, text: string, split: string): JsonRows {
  if (looksLikeLines(text)) return { ...ofRecords(path, readLines(path, text)), form: 'JSON Lines' };
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new Error(`${visible(path)}: expected JSON, found: ${visible((error as Error).message)}`);
  }
  return isList(value) ? ofList(path, value) : ofObject(path, value, split);
}

/** Whether the first line is an object of its own. */
export function looksLikeLines(text: string): boolean {
  const first = /^\s*(\{[^\n]*\})[ \t\r]*(?:\n|$)/.exec(text)?.[1];
  if (first === undefined) return false;
  try {
    const value = parseJson(first);
    if (!isObject(value)) return false;
    if (text.trimStart().slice(first.length).trim() !== '') return true;
    // One object alone: a record where it has names that records have, else some other form.
    const flat = [...value.values()].every((inner) => !isObject(inner) && !isList(inner));
    return flat && [...value.keys()].some(isKnownName);
  } catch {
    return false;
  }
}

function readLines(path: string, text: string): JsonValue[] {
  const budget = jsonBudget();
  return text
    .split(/\r?\n/)
    .map((line, i) => ({ line, row: i + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, row }) => {
      try {
        return parseJson(line, budget);
      } catch (error) {
        if (budget.left < 0) throw new Error(`${visible(path)}: line ${row}: ${(error as Error).message}`);
        throw new Error(`${visible(path)}: line ${row}: expected JSON, found "${shown(line, 40)}"`);
      }
    });
}

function ofList(path: string, list: readonly JsonValue[]): JsonRows {
  if (list.length > 0 && list.every(isList)) {
    return { header: [], rows: list.map((row) => row.map(toCell)), form: 'JSON, rows of values', bare: true };
  }
  if (list.length > 0 && list.every((item) => typeof item === 'string')) {
    return { header: [], rows: list.map((item) => [item]), form: 'JSON, a list of texts', bare: true };
  }
  const isCaption = (item: JsonValue): boolean =>
    isObject(item) && item.has('image_id') && item.has('caption');
  if (list.length > 0 && list.every(isCaption)) return ofCoco(path, list);
  return { ...ofRecords(path, list), form: 'JSON' };
}

function ofRecords(
  path: string,
  records: readonly JsonValue[],
): Pick<JsonRows, 'header' | 'rows' | 'records'> {
  if (records.length === 0) throw new Error(`${visible(path)}: expected at least one row, found none`);
  records.forEach((record, i) => {
    if (isObject(record)) return;
    throw new Error(`${visible(path)}: row ${i + 1}: expected an object, found ${kindOf(record)}`);
  });
  const all = records as readonly JsonObject[];
  const header = columnsOf(all);
  return { header, rows: all.map((record) => header.map((name) => toCell(record.get(name)))), records: all };
}

/** Names in the order in which they come; fields that never hold a text, a number or nothing are left out. */
function columnsOf(records: readonly JsonObject[]): string[] {
  const fit = new Map<string, boolean>();
  for (const record of records) {
    for (const [name, value] of record) {
      const cell = toCell(value);
      const isText = typeof cell === 'string' || Array.isArray(cell) || value === null;
      fit.set(name, (fit.get(name) ?? false) || isText);
    }
  }
  return [...fit].flatMap(([name, is]) => (is ? [name] : []));
}

const SPLITS = new Set(['train', 'val', 'valid', 'validate', 'validation', 'test']);

function ofObject(path: string, value: JsonValue, split: string): JsonRows {
  const refuse = (): Error =>
    new Error(
      `${visible(path)}: expected a list of objects or another known form, found ${kindOf(value)} (known: ${FORMS})`,
    );
  if (!isObject(value) || value.size === 0) throw refuse();
  const annotations = value.get('annotations');
  if (isList(annotations)) return ofCoco(path, annotations);
  const [columns, data] = [value.get('columns'), value.get('data')];
  if (isList(columns) && isList(data)) return ofSplit(path, columns, data, value.get('index'));
  if (value.has('schema') && isList(data))
    return { ...ofRecords(path, data), form: 'JSON of pandas (table)' };
  const inner = [...value.values()].map(withoutCaptions);
  if (inner.every(isObject)) return ofObjects(value as ReadonlyMap<string, JsonObject>);
  const lists = inner.filter(isList);
  if (
    lists.length > 0 &&
    [...value.keys()].every((name) => SPLITS.has(name)) &&
    lists.every((l) => l.every(isObject))
  ) {
    return ofAnnotation(path, value, split);
  }
  const tables = lists.filter((list) => list.length > 0 && list.every(isObject));
  if (tables.length === 1) return { ...ofRecords(path, tables[0]), form: 'JSON' };
  if (lists.length === inner.length && [...value.keys()].some(isKnownName)) return ofColumns(path, value);
  if (inner.every((item) => typeof item === 'string' || item === null || isTexts(item))) {
    const rows = [...value.keys()].map((id, i) => [id, toCell(inner[i])]);
    return { header: [KEY_COLUMN, TEXT_COLUMN], rows, form: 'JSON, texts by id' };
  }
  throw refuse();
}

/** pycocoevalcap's `[{"caption": text}]` as the texts; anything else as it is. */
function withoutCaptions(value: JsonValue): JsonValue {
  if (!isList(value) || value.length === 0) return value;
  const captions = value.map((item) => (isObject(item) ? item.get('caption') : undefined));
  return captions.every((caption) => typeof caption === 'string') ? captions : value;
}

/** R2Gen's `annotation.json`: studies by split. */
function ofAnnotation(path: string, value: JsonObject, split: string): JsonRows {
  const studies = value.get(split);
  if (!isList(studies)) {
    throw new Error(`${visible(path)}: expected a split ${split}, found ${[...value.keys()].join(', ')}`);
  }
  return { ...ofRecords(path, studies), form: `annotation.json, ${split} split` };
}

/** COCO captions: the texts of each image. */
function ofCoco(path: string, annotations: readonly JsonValue[]): JsonRows {
  const texts = new Map<string, string[]>();
  annotations.forEach((annotation, i) => {
    const field = (name: string): string => {
      const cell = toCell(isObject(annotation) ? annotation.get(name) : undefined);
      if (typeof cell === 'string') return cell;
      throw new Error(`${visible(path)}: annotations[${i}].${name}: expected text, found ${foundIn(cell)}`);
    };
    const id = field('image_id');
    const known = texts.get(id);
    if (known) known.push(field('caption'));
    else texts.set(id, [field('caption')]);
  });
  if (texts.size === 0) throw new Error(`${visible(path)}: annotations: expected at least one, found none`);
  const rows = [...texts].map(([id, all]) => [id, all.length === 1 ? all[0] : all]);
  return { header: ['image_id', 'caption'], rows, form: 'COCO captions' };
}

/** pandas' `split`: names, index and rows. */
function ofSplit(
  path: string,
  columns: readonly JsonValue[],
  data: readonly JsonValue[],
  index?: JsonValue,
): JsonRows {
  const names = columns.map((name) => String(toCell(name)));
  const keys = isList(index) ? index.map((key) => String(toCell(key))) : data.map((_, i) => String(i));
  data.forEach((row, i) => {
    if (isList(row) && row.length === names.length) return;
    throw new Error(`${visible(path)}: data[${i}]: expected a list of ${names.length} values`);
  });
  if (keys.length !== data.length) {
    throw new Error(`${visible(path)}: index: expected ${data.length} values, found ${keys.length}`);
  }
  const rows = data.map((row, i) => [keys[i], ...(row as readonly JsonValue[]).map(toCell)]);
  return { header: [KEY_COLUMN, ...names], rows, form: 'JSON of pandas (split)' };
}

/** An object of objects: pandas' `columns` (by name, then row) or `index` and ReXrank's form (by id, then name). */
function ofObjects(value: ReadonlyMap<string, JsonObject>): JsonRows {
  const inner = [...value.values()];
  const names = columnsOf(inner);
  const known = (list: Iterable<string>): number => [...list].filter(isKnownName).length;
  const byColumn = known(value.keys()) > 0 && known(value.keys()) >= known(names);
  if (!byColumn) {
    const rows = [...value].map(([key, record]) => [key, ...names.map((name) => toCell(record.get(name)))]);
    return { header: [KEY_COLUMN, ...names], rows, form: 'JSON, one object per id', records: inner };
  }
  const keys = [...new Set(inner.flatMap((column) => [...column.keys()]))];
  const rows = keys.map((key) => [key, ...inner.map((column) => toCell(column.get(key)))]);
  return { header: [KEY_COLUMN, ...value.keys()], rows, form: 'JSON of pandas (columns)' };
}

/** An object of lists, one a column. */
function ofColumns(path: string, value: JsonObject): JsonRows {
  const columns = [...value].map(([name, list]) => ({ name, list: list as readonly JsonValue[] }));
  const [first, ...others] = columns;
  const other = others.find(({ list }) => list.length !== first.list.length);
  if (other || first.list.length === 0) {
    const lengths = columns.map(({ name, list }) => `${shown(name)} ${list.length}`).join(', ');
    throw new Error(`${visible(path)}: expected lists of one length, found ${lengths}`);
  }
  const rows = first.list.map((_, i) => columns.map(({ list }) => toCell(list[i])));
  return { header: columns.map(({ name }) => name), rows, form: 'JSON, a list per column' };
}

const isTexts = (value: JsonValue): value is readonly string[] =>
  isList(value) && value.length > 0 && value.every((item) => typeof item === 'string');

function toCell(value: JsonValue | undefined): Cell {
  if (typeof value === 'string') return value;
  if (value instanceof JsonNumber) return value.source;
  if (typeof value === 'boolean') return String(value);
  if (value !== undefined && isTexts(value)) return value.length === 1 ? value[0] : value;
  return { found: kindOf(value) };
}

/** What a cell holds, in words. */
export const foundIn = (cell: Cell): string =>
  typeof cell === 'string' ? 'text' : 'found' in cell ? cell.found : 'a list of texts';

function kindOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'nothing';
  if (isList(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isObject(value)) return 'an object';
  return value instanceof JsonNumber ? 'a number' : `a ${typeof value}`;
}
