import { DataError } from '../../errors';
import { type FoundImage, foundImage, isImage } from './images';
import type { ImportSource, Reading, SourceAbout, SourceContent } from './import-source';
import { filesByPath } from './matched-files';
import type { DiskFile } from './scratch';
import { columnsOf, separatorOf } from './table';
import { plainName, type TableColumns, type TableLayout, tableStudies } from './table-studies';

/** A table that others published: how its columns are called, and what the manifest says of it. */
export interface PublishedTable extends TableLayout {
  /** Of the source in manifests and commands. */
  readonly name: string;
  readonly about: SourceAbout;
  /** Columns that no other table has together. */
  readonly knownBy: readonly string[];
}

/** A published table as a source. */
export const publishedTable = (table: PublishedTable): ImportSource => ({
  name: table.name,
  about: table.about,
  section: 'findings-or-impression',
  read: (reading) => readTable(reading, { known: [table], form: table.name }),
});

/** Which tables are read, and how. */
interface TableChoice {
  /** Columns that the user names. */
  readonly asked?: TableColumns;
  /** Of a table that is none of `known`; without it no other is read. */
  readonly usual?: TableLayout;
  readonly known: readonly PublishedTable[];
  /** Default `csv`. */
  readonly form?: string;
}

/**
 * Reads the one table of reports, and finds its images.
 * @throws DataError if there is no table, or more than one, or a column is missing; or if two paths lead to one file
 */
export async function readTable(
  reading: Reading,
  { asked = {}, usual, known, form = 'csv' }: TableChoice,
): Promise<SourceContent> {
  const tables: DiskFile[] = [];
  const files: FoundImage[] = [];
  for await (const file of reading.files()) {
    if (/\.(?:csv|tsv)(?:\.gz)?$/i.test(file.name)) tables.push(await reading.onDisk(file));
    else if (isImage(file.name.toLowerCase())) files.push(foundImage(file));
  }
  const layouts = await Promise.all(tables.map((table) => knownLayout(table, known)));
  const fitting = usual ? tables : tables.filter((_, i) => layouts[i] !== undefined);
  if (fitting.length !== 1) {
    const found = fitting.length === 0 ? 'none' : fitting.map(({ name }) => name).join(', ');
    const what = usual ? 'of reports' : `with the columns ${known[0].knownBy.join(', ')}`;
    throw new DataError(`${reading.from.join(', ')}: expected one CSV ${what}, found ${found}`);
  }
  const [table] = fitting as [DiskFile];
  await reading.hash(table, table.name.slice(table.name.lastIndexOf('/') + 1));
  const layout = layouts[tables.indexOf(table)];
  const studies = await tableStudies(table, (layout ?? usual)!, asked, reading);
  return { form, studies, images: filesByPath(studies, files), ...(layout && { about: layout.about }) };
}

async function knownLayout(
  table: DiskFile,
  known: readonly PublishedTable[],
): Promise<PublishedTable | undefined> {
  const columns = new Set((await columnsOf(table, await separatorOf(table))).map(plainName));
  return known.find(({ knownBy }) => knownBy.every((name) => columns.has(plainName(name))));
}
