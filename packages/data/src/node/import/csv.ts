import { readSections } from '@raca/text';
import type { Split } from '../../dataset';
import { DataError } from '../../errors';
import type { Funnel } from '../../import/funnel';
import type { Sections } from '../../import/sections';
import type { ImportImage, ImportStudy } from '../../import/study';
import { type FoundImage, foundImage, isImage } from './images';
import type { Inputs } from './inputs';
import type { SourceContent } from './iu-xray';
import type { DiskFile, Scratch } from './scratch';
import { walk } from './source';
import { columnsOf, rowsOf, separatorOf } from './table';

/** Names of columns where they are not those that are known. */
export interface CsvColumns {
  readonly id?: string;
  readonly image?: string;
  readonly report?: string;
}

/** Names by which a column is known, whatever its case, blanks and underscores; the likeliest first. */
const KNOWN = {
  id: ['study_id', 'uid', 'id', 'study', 'report_id'],
  image:
    'path_to_image image_path image img_path path filename file_path file image_name image_id dicom_id'.split(
      ' ',
    ),
  report: ['report', 'report_text', 'text', 'caption'],
  findings: ['findings', 'section_findings'],
  impression: ['impression', 'section_impression'],
  indication: ['indication', 'section_clinical_history', 'section_history', 'clinical_history', 'history'],
  comparison: ['comparison', 'section_comparison'],
  technique: ['technique', 'section_technique'],
  patient: ['patient_id', 'subject_id', 'deid_patient_id', 'patient', 'subject'],
  view: ['view', 'view_position', 'projection', 'ap_pa', 'frontal_lateral'],
  split: ['split', 'subset', 'partition'],
} as const;
const SECTIONS = ['findings', 'impression', 'indication', 'comparison', 'technique'] as const;

const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '');

/**
 * Reads a CSV of image paths and reports, such as CheXpert Plus's or one of your own: a row per image, or several images in
 * a cell as a list. Rows of one study (by its id, else by a folder called `study…` or `s…`) become one study. Images
 * are found below `from` by as much of their paths as both sides have, under any extension.
 *
 * @throws DataError if there is no table, or more than one, or a column is missing; or if two paths lead to one file
 */
export async function readCsv(
  from: readonly string[],
  asked: CsvColumns,
  funnel: Funnel,
  inputs: Inputs,
  scratch: Scratch,
  signal?: AbortSignal,
): Promise<SourceContent<'csv'>> {
  const tables: DiskFile[] = [];
  const files: FoundImage[] = [];
  for await (const file of walk(from, signal)) {
    if (/\.(?:csv|tsv)(?:\.gz)?$/i.test(file.name)) tables.push(await scratch.onDisk(file));
    else if (isImage(file.name.toLowerCase())) files.push(foundImage(file));
  }
  if (tables.length !== 1) {
    const found = tables.length === 0 ? 'none' : tables.map(({ name }) => name).join(', ');
    throw new DataError(`${from.join(', ')}: expected one CSV of reports, found ${found}`);
  }
  const [table] = tables as [DiskFile];
  await inputs.addFile(table.name.slice(table.name.lastIndexOf('/') + 1), table.path);
  const studies = await readStudies(table, asked, funnel);
  return { form: 'csv', studies, images: filesOf(studies, files) };
}

async function readStudies(table: DiskFile, asked: CsvColumns, funnel: Funnel): Promise<ImportStudy[]> {
  const separator = await separatorOf(table);
  const columns = await columnsOf(table, separator);
  const column = (role: keyof typeof KNOWN): string | undefined => {
    const named = asked[role as keyof CsvColumns];
    if (named !== undefined && !columns.includes(named))
      throw new DataError(`${table.name}: expected a column ${named}, found ${columns.join(', ')}`);
    return named ?? KNOWN[role].flatMap((name) => columns.filter((found) => plain(found) === plain(name)))[0];
  };
  const [id, image, report] = [column('id'), column('image'), column('report')];
  const texts = SECTIONS.map((name) => [name, column(name)] as const);
  if (image === undefined || (report === undefined && !texts.slice(0, 2).some(([, name]) => name))) {
    const what = image === undefined ? 'image_path (--image-column)' : 'report (--report-column)';
    throw new DataError(`${table.name}: expected a column ${what}, found ${columns.join(', ')}`);
  }
  const [patient, view, split] = [column('patient'), column('view'), column('split')];
  const studies = new Map<string, ImportStudy>();
  let row = 1;
  for await (const cells of rowsOf(table, [], separator)) {
    row++;
    const paths = pathsOf(cells[image]!);
    const own = id === undefined || id === image ? undefined : cells[id]?.trim();
    const name = (own ?? studyOf(paths[0] ?? '')).replace(/[^\w.-]+/g, '_').replace(/^_+/, '');
    const images = paths.map(
      (path): ImportImage => ({
        id: path,
        keys: [path],
        ...(view && cells[view]?.trim() && { view: cells[view].trim() }),
      }),
    );
    const columnTexts = texts.map(([part, from]) => [part, from && cells[from]?.trim()] as const);
    const sections: Sections = Object.fromEntries(columnTexts.filter(([, text]) => text));
    const written = report === undefined ? '' : (cells[report] ?? '').trim();
    const whole = asked.report !== undefined || (!sections.findings && !sections.impression);
    const earlier = studies.get(name);
    const study: ImportStudy = {
      id: name,
      subject: (patient && cells[patient]?.trim()) || name,
      origin: `${table.name}: row ${row}`,
      ...(whole && written !== '' ? readReport(written) : { sections }),
      images,
      ...(split && { split: splitOf(cells[split] ?? '') }),
    };
    if (!earlier) studies.set(name, study);
    else if (textOf(earlier) !== textOf(study))
      funnel.drop(name, 'another report of the same study', { images: images.length, place: study.origin });
    else studies.set(name, { ...earlier, images: [...earlier.images, ...images] });
  }
  return [...studies.values()];
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

const splitOf = (cell: string): Split | undefined =>
  /^val|^dev/i.test(cell.trim())
    ? 'val'
    : (['train', 'test'] as const).find((name) => cell.trim().toLowerCase().startsWith(name));

const parts = (path: string): string[] =>
  path
    .replace(/\.(?:\w{2,5})$/, '')
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');

/** The file of each path of the table: their names agree from the end, as far as the shorter goes. */
function filesOf(studies: readonly ImportStudy[], files: readonly FoundImage[]): Map<string, FoundImage> {
  const whole = new Map<string, FoundImage>(); // by the whole name below the root
  const tails = new Map<string, FoundImage | null>(); // by every end of it; null for several files
  for (const file of files) {
    const name = parts(file.name);
    whole.set(name.join('/'), file);
    for (let i = 0; i < name.length; i++) {
      const tail = name.slice(i).join('/');
      tails.set(tail, tails.has(tail) ? null : file);
    }
  }
  const found = new Map<string, FoundImage>();
  const used = new Map<FoundImage, string>();
  for (const path of studies.flatMap(({ images }) => images.flatMap(({ keys }) => keys))) {
    const name = parts(path);
    let file = tails.get(name.join('/')) ?? undefined;
    for (let i = 1; i < name.length && !file; i++) file = whole.get(name.slice(i).join('/'));
    if (!file) continue;
    const other = used.get(file);
    if (other !== undefined && other !== path)
      throw new DataError(
        `${file.root}: expected one path for ${file.name}, found ${other} and ${path}: name a folder further up`,
      );
    used.set(file, path);
    found.set(path, file);
  }
  return found;
}
