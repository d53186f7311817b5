import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  guardedCell,
  lockFolder,
  openRegularFile,
  readRegularFile,
  removeHalfWritten,
  writeFileAtomic,
} from '@raca/core/node';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';

const JSONL = 'reports.jsonl';
const CSV = 'reports.csv';
const SETTINGS = 'generate.json';
const COLUMNS = [
  'id',
  'images',
  'report',
  'text',
  'score',
  'warnings',
  'notes',
  'error',
  'trained_on_drawn_images',
];

/** One line of `reports.jsonl`; what else it holds passes through. */
const rowSchema = z.looseObject({
  id: z.string(),
  images: z.array(z.looseObject({ file: z.string() })),
  report: z.string().optional(),
  text: z.string().optional(),
  score: z.number().optional(),
  warnings: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
  /** Why there is no report. */
  error: z.string().optional(),
  trainedOn: z.looseObject({ drawn: z.boolean() }).optional(),
});
/** A study in the table: its report, or why there is none. */
export type ReportRow = z.input<typeof rowSchema>;

/** What reports depend on, by name: kept beside them, and compared when the table is opened again. */
export type TableSettings = Readonly<Record<string, unknown>>;

/**
 * `reports.jsonl` and `reports.csv` of a folder: a row a study, appended and synced one by one. A process that is killed
 * loses the row under way at most: what it left half-written is dropped when the table is opened again, rows with an error are
 * too (those studies are tried again), and the CSV is made anew from the rest.
 */
export class ReportsTable {
  private readonly files: readonly number[];

  private constructor(
    readonly dir: string,
    private readonly rows: Map<string, string>,
    private readonly giveBack: () => void,
  ) {
    this.files = [JSONL, CSV].map((name) => openSync(join(dir, name), 'a'));
  }

  /**
   * Opens or begins the table of a folder.
   * @param options.restart drop the rows that are there
   * @throws Error in one line: a folder with other tables or that another process works on, reports made with other settings, a
   * damaged row
   */
  static open(
    dir: string,
    settings: TableSettings,
    { restart = false }: { readonly restart?: boolean } = {},
  ): ReportsTable {
    mkdirSync(dir, { recursive: true });
    requireOwn(dir);
    const giveBack = lockFolder(dir, 'a generation');
    try {
      return new ReportsTable(dir, ReportsTable.prepare(dir, settings, restart), giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Drops what is half-written or failed, and makes the CSV anew. @returns images of each study that has its report */
  private static prepare(dir: string, settings: TableSettings, restart: boolean): Map<string, string> {
    if (restart)
      for (const name of [JSONL, CSV, SETTINGS, 'report.html']) rmSync(join(dir, name), { force: true });
    removeHalfWritten(dir);
    requireSettings(dir, settings);
    writeFileAtomic(join(dir, SETTINGS), `${JSON.stringify(settings, null, 2)}\n`);
    const rows = new Map<string, string>();
    const path = join(dir, JSONL);
    let dropped = 0;
    for (const { row, isCut } of rowsOf(path)) {
      if (isCut || row.error !== undefined || rows.has(row.id)) dropped++;
      else rows.set(row.id, filesOf(row));
    }
    if (dropped > 0) {
      const seen = new Set<string>();
      writeFileAtomic(
        path,
        kept(path, (row) => !seen.has(row.id) && seen.add(row.id) && `${JSON.stringify(row)}\n`),
      );
    }
    const header = stringify([COLUMNS]);
    writeFileAtomic(
      join(dir, CSV),
      concat(
        [header],
        kept(path, (row) => csvLine(row)),
      ),
    );
    return rows;
  }

  /** Studies with a report. */
  get size(): number {
    return this.rows.size;
  }

  /**
   * Whether the study has its report.
   * @param study its id and images
   * @param most images that the model looks at
   * @throws Error if that is the report of other images
   */
  has(
    { id, images }: { readonly id: string; readonly images: readonly string[] },
    most = images.length,
  ): boolean {
    const files = this.rows.get(id);
    if (files === undefined) return false;
    const given = new Set(images.map((file) => `${file}\n`));
    const used = files.split(/(?<=\n)/);
    if (used.length === Math.min(images.length, most) && used.every((file) => given.has(file))) return true;
    throw new Error(
      `${join(this.dir, JSONL)}: "${id}": expected the report of ${images.join(', ')}, found that of ` +
        `${files.trim().split('\n').join(', ')}; use another folder, or start again with --restart`,
    );
  }

  append(row: ReportRow): void {
    const full = rowSchema.parse(row);
    const texts = [`${JSON.stringify(full)}\n`, csvLine(full)];
    this.files.forEach((file, i) => {
      const bytes = Buffer.from(texts[i]);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    });
    if (full.error === undefined) this.rows.set(full.id, filesOf(full));
  }

  /** Rows with a report, in the order of the file. */
  *read(): Generator<z.output<typeof rowSchema>, void, undefined> {
    for (const { row, isCut } of rowsOf(join(this.dir, JSONL)))
      if (!isCut && row.error === undefined) yield row;
  }

  close(): void {
    for (const file of this.files) closeSync(file);
    this.giveBack();
  }
}

type Row = z.output<typeof rowSchema>;

const filesOf = ({ images }: Row): string => images.map(({ file }) => `${file}\n`).join('');

const csvLine = (row: Row): string =>
  stringify([
    [
      row.id,
      row.images.map(({ file }) => file).join(';'),
      row.report ?? '',
      row.text ?? '',
      row.score ?? '',
      row.warnings.join(' | '),
      row.notes.join(' | '),
      row.error ?? '',
      row.trainedOn === undefined ? '' : row.trainedOn.drawn ? 'yes' : 'no',
    ].map(guardedCell),
  ]);

/** @throws Error if the folder holds tables that another command wrote */
function requireOwn(dir: string): void {
  if (existsSync(join(dir, SETTINGS))) return;
  const foreign = [JSONL, CSV].find((name) => existsSync(join(dir, name)));
  if (foreign !== undefined)
    throw new Error(
      `${dir}: expected a folder of raca generate, or one without ${foreign}, found another table there`,
    );
}

/** @throws Error naming the first setting that differs */
function requireSettings(dir: string, settings: TableSettings): void {
  const path = join(dir, SETTINGS);
  if (!existsSync(path)) return;
  let before: unknown;
  try {
    before = JSON.parse(readRegularFile(path, 'settings', 2 ** 20).toString('utf8'));
  } catch {
    before = null;
  }
  if (typeof before !== 'object' || before === null || Array.isArray(before))
    throw new Error(
      `${path}: expected the settings of the reports beside it, found none; start again with --restart`,
    );
  const now = JSON.parse(JSON.stringify(settings)) as TableSettings;
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [old, fresh] = [(before as TableSettings)[name], now[name]].map(
      (value) => JSON.stringify(value) ?? 'nothing',
    );
    if (old === fresh) continue;
    throw new Error(
      `${dir}: expected ${name} ${short(old)}, which its reports were made with, found ${short(fresh)}: ` +
        'use another folder, or start again with --restart',
    );
  }
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}...` : text);

function* kept(path: string, text: (row: Row) => string | false | undefined): Generator<string> {
  for (const { row, isCut } of rowsOf(path)) {
    if (isCut || row.error !== undefined) continue;
    const line = text(row);
    if (line) yield line;
  }
}

function* concat<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

/** Rows one by one, whatever the size of the file; a last line that was cut off is told as such. */
function* rowsOf(path: string): Generator<{ row: Row; isCut: boolean }> {
  if (!existsSync(path)) return;
  let number = 0;
  for (const { line, ended } of linesOf(path)) {
    number++;
    if (!ended) {
      yield { row: { id: '', images: [], warnings: [], notes: [] }, isCut: true };
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new Error(`${path}: line ${number}: expected JSON, found "${line.slice(0, 40)}"`);
    }
    const parsed = rowSchema.safeParse(value);
    if (!parsed.success) {
      const [{ path: field, message }] = parsed.error.issues;
      throw new Error(`${path}: line ${number}: ${field.join('.') || 'the row'}: ${message}`);
    }
    yield { row: parsed.data, isCut: false };
  }
}

/** Lines of a file, a chunk at a time; `ended` where a line break follows. */
function* linesOf(path: string): Generator<{ line: string; ended: boolean }> {
  const file = openRegularFile(path, 'a table of reports');
  try {
    const chunk = Buffer.alloc(1 << 20);
    let parts: Buffer[] = [];
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0 && at < size; at = chunk.indexOf(10, from)) {
        parts.push(Buffer.from(chunk.subarray(from, at)));
        yield { line: Buffer.concat(parts).toString('utf8'), ended: true };
        parts = [];
        from = at + 1;
      }
      if (from < size) parts.push(Buffer.from(chunk.subarray(from, size)));
    }
    if (parts.length > 0) yield { line: Buffer.concat(parts).toString('utf8'), ended: false };
  } finally {
    closeSync(file);
  }
}
