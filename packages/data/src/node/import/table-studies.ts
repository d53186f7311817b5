import { readSections } from '@raca/text';
import type { Split } from '../../dataset';
import { DataError } from '../../errors';
import type { Sections } from '../../import/sections';
import type { ImportImage, ImportStudy } from '../../import/study';
import { daysOf } from '../../import/timeline';
import type { Reading } from './import-source';
import type { DiskFile } from './scratch';
import { columnsOf, separatorOf } from './table';

/** What a column of a table of reports can be. */
export const COLUMN_ROLES = [
  ...(['id', 'image', 'report', 'findings', 'impression', 'indication', 'history', 'comparison'] as const),
  ...(['technique', 'patient', 'view', 'date', 'split'] as const),
] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** Names of columns by their roles. */
export type TableColumns = { readonly [role in ColumnRole]?: string };

/** How the columns of a table are called, the likeliest name first, whatever its case, blanks and underscores. */
export interface TableLayout {
  readonly columns: { readonly [role in ColumnRole]?: readonly string[] };
  /** Brings the cells of a row into a form that is known. */
  readonly tidy?: (row: Readonly<Record<string, string>>) => Record<string, string>;
}

const TEXTS = ['findings', 'impression', 'indication', 'history', 'comparison', 'technique'] as const;

/** A name without regard to case, blanks and underscores. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '');

/**
 * Reads a table of image paths and reports: a row per image, or several images in a cell as a list. Rows of one study (by its id,
 * else by a folder called `study…` or `s…`) become one study.
 *
 * @param asked columns that the user names; they stand over the layout
 * @throws DataError for a column that was named and is not there, and where none holds images or reports
 */
export async function tableStudies(
  table: DiskFile,
  layout: TableLayout,
  asked: TableColumns,
  reading: Reading,
): Promise<ImportStudy[]> {
  const column = columnFinder(table, await columnsOf(table, await separatorOf(table)), layout, asked);
  const [id, image, report] = [column('id'), column('image'), column('report')];
  const texts = TEXTS.map((name) => [name, column(name)] as const);
  const [findings, impression] = texts;
  if (image === undefined || (report === undefined && !findings[1] && !impression[1]))
    throw column.missing(image === undefined ? 'image_path (--image-column)' : 'report (--report-column)');
  const [patient, view, date, split] = [column('patient'), column('view'), column('date'), column('split')];
  const studies = new Map<string, ImportStudy>();
  let row = 1;
  for await (const raw of reading.rows(table)) {
    row++;
    const cells = layout.tidy ? layout.tidy(raw) : raw;
    const cell = (name: string | undefined): string =>
      name === undefined ? '' : (cells[name]?.trim() ?? '');
    const paths = pathsOf(cells[image]!);
    const own = id === undefined || id === image ? undefined : cell(id);
    const name = (own ?? studyOf(paths[0] ?? '')).replace(/[^\w.-]+/g, '_').replace(/^_+/, '');
    const images = paths.map(
      (path): ImportImage => ({ id: path, keys: [path], ...(cell(view) && { view: cell(view) }) }),
    );
    const columnTexts = texts.map(([part, from]) => [part, cell(from)] as const);
    const sections: Sections = Object.fromEntries(columnTexts.filter(([, text]) => text));
    const written = cell(report);
    const whole = asked.report !== undefined || (!sections.findings && !sections.impression);
    const time = daysOf(cell(date));
    const study: ImportStudy = {
      id: name,
      subject: cell(patient) || name,
      origin: `${table.name}: row ${row}`,
      ...(whole && written !== '' ? withContext(readReport(written), sections) : { sections }),
      images,
      ...(time !== undefined && { time }),
      ...(split && { split: splitOf(cell(split)) }),
    };
    const earlier = studies.get(name);
    if (!earlier) studies.set(name, study);
    else if (textOf(earlier) !== textOf(study))
      reading.drop(name, 'another report of the same study', { images: images.length, place: study.origin });
    else studies.set(name, { ...earlier, images: [...earlier.images, ...images] });
  }
  return [...studies.values()];
}

/** The column of each role; a column has one role. */
function columnFinder(table: DiskFile, columns: readonly string[], layout: TableLayout, asked: TableColumns) {
  const taken = new Set<string>();
  const missing = (what: string): DataError =>
    new DataError(`${table.name}: expected a column ${what}, found ${columns.join(', ')}`);
  const find = (role: ColumnRole): string | undefined => {
    const named = asked[role];
    if (named !== undefined && !columns.includes(named)) throw missing(named);
    const names = layout.columns[role] ?? [];
    const found = names.flatMap((name) => columns.filter((there) => plainName(there) === plainName(name)));
    const column = named ?? (role === 'history' ? found.find((name) => !taken.has(name)) : found[0]);
    if (column !== undefined) taken.add(column);
    return column;
  };
  return Object.assign(find, { missing });
}

/** A report with headers by its sections, another as it is. */
function readReport(report: string): Pick<ImportStudy, 'sections' | 'text'> {
  const parts = readSections(report);
  const of = (...names: string[]): string =>
    parts.flatMap(({ part, text }) => (names.includes(part) ? [text.replace(/\s+/g, ' ')] : [])).join(' ');
  const sections = {
    findings: of('findings', 'both'),
    impression: of('impression'),
    indication: of('indication'),
  };
  const filled = Object.fromEntries(Object.entries(sections).filter(([, text]) => text !== ''));
  if (sections.findings || sections.impression) return { sections: filled };
  return { sections: {}, text: report.replace(/\s+/g, ' ') };
}

/** A report's own sections, and what columns say beside them. */
const withContext = (
  read: Pick<ImportStudy, 'sections' | 'text'>,
  { findings: _, impression: __, ...beside }: Sections,
): Pick<ImportStudy, 'sections' | 'text'> => ({ ...read, sections: { ...read.sections, ...beside } });

const textOf = ({ sections, text }: ImportStudy): string => JSON.stringify([sections, text]);

/** `a.png`, `["a.png", "b.png"]`, `a.png;b.png`. */
const pathsOf = (cell: string): string[] =>
  cell
    .replace(/^\s*\[|\]\s*$/g, '')
    .split(/^\s*\[/.test(cell) ? /[,;]/ : /[;|]/)
    .map((path) => path.trim().replace(/^(['"])(.*)\1$/, '$2'))
    .filter(Boolean);

/** The folder of a study (`…/study1/view1.jpg`, `…/s50414267/…`), else the path without its extension. */
const studyOf = (path: string): string =>
  /^(.*\/(?:study[^/]*|s\d+))\/[^/]+$/i.exec(path)?.[1] ?? path.replace(/\.\w{2,5}$/, '');

/** `train`, `valid`, `validation`, `dev`, `test`. */
export const splitOf = (cell: string): Split | undefined =>
  /^val|^dev/i.test(cell)
    ? 'val'
    : (['train', 'test'] as const).find((name) => cell.toLowerCase().startsWith(name));
