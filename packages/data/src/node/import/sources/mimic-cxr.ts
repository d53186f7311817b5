import { asDiskError, isSystemError } from '@raca/core/node';
import { SPLITS, type Split } from '../../../dataset';
import { DataError, shown } from '../../../errors';
import type { ImageChoice } from '../../../import/image-choice';
import { parseMimicReport, type Remark } from '../../../import/mimic-report';
import type { Published } from '../../../import/published';
import type { ImportImage, ImportStudy } from '../../../import/study';
import { daysBetween, daysOf } from '../../../import/timeline';
import { belowImages, type FoundImage, foundImage, isImage } from '../images';
import type { ImportSource, Reading, SourceContent } from '../import-source';
import { sha256 } from '../inputs';
import type { DiskFile } from '../scratch';
import { rowsOf } from '../table';
import { isNamedJson, type SourceFile } from '../walk';
import { readSectioned, SECTIONED } from './mimic-sectioned';
import { readR2gen } from './r2gen';

/** Forms in which MIMIC-CXR is found: PhysioNet's trees, or R2Gen's `annotation.json`. */
export const MIMIC_FORMS = ['physionet', 'r2gen'] as const;
export type MimicForm = (typeof MIMIC_FORMS)[number];

/** R2Gen's counts are of images; those of MIMIC-CXR are given for both. */
const note = (choice: ImageChoice): string | undefined =>
  choice === 'each' || choice === 'all'
    ? undefined
    : `counts images, every view of a study; this import takes ${choice} of a study (see --per-study)`;

const MIMIC_COUNTS: readonly Published[] = [
  { name: "R2Gen's MIMIC-CXR", unit: 'images', counts: { train: 270790, val: 2130, test: 3858 }, note },
  { name: 'MIMIC-CXR 2.0.0, all', unit: 'images', counts: { train: 368960, val: 2991, test: 5159 }, note },
  { name: 'MIMIC-CXR 2.0.0, all', unit: 'studies', counts: { train: 222758, val: 1808, test: 3269 } },
];

const REPORT = /(?:^|\/)(?:p(\d+)\/)?s(\d+)\.txt$/;
const IMAGE = /(?:p(\d+)\/)?s(\d+)\/([\w-]+)\.(?:jpe?g|png|dcm)$/i;
const TABLES = /^(?:mimic-cxr-[\d.]+-(split|metadata|chexpert)|cxr-(record)-list)\.csv(?:\.gz)?$/;
const REPORT_LIMIT = 1 << 20;

interface Report {
  readonly study: string;
  readonly subject?: string;
  readonly origin: string;
  readonly hash: string;
  readonly sections: ImportStudy['sections'];
}

interface Row {
  readonly subject: string;
  readonly study: string;
  readonly view?: string;
  readonly time?: string;
  split?: Split;
}

/**
 * MIMIC-CXR: reports (`files/p10/p10000032/s50414267.txt`, folders or `mimic-cxr-reports.zip`), the tables
 * or where there are none `mimic_cxr_sectioned.csv`, the tables `mimic-cxr-2.0.0-split`, `-metadata` and `-chexpert`, and the images of the JPG or DICOM tree.
 *
 * @param form needed where the folders hold both reports and an `annotation.json`
 */
export const mimicCxr = (form?: MimicForm): ImportSource => ({
  name: 'mimic-cxr',
  about: {
    source: 'MIMIC-CXR (PhysioNet)',
    licence: 'PhysioNet Credentialed Health Data License 1.5.0',
    access: 'credentialed',
    cleaning: 'mimic_cxr',
  },
  perStudy: 'one',
  perStudyOfSplit: 'each',
  splitNames: 'images',
  published: MIMIC_COUNTS,
  read: (reading) => readMimicCxr(reading, form),
});

/** @throws DataError if there are neither reports nor an `annotation.json`, or both and no `form` */
async function readMimicCxr(reading: Reading, form: MimicForm | undefined): Promise<SourceContent> {
  const { from, inputs } = reading;
  const images = new Map<string, FoundImage>();
  const owners = new Map<string, Row>();
  const reports = new Map<string, Report>();
  const tables = new Map<string, DiskFile>();
  const annotations: DiskFile[] = [];
  const remarks = new Map<Remark, number>();
  const archives = new Set<string>();
  for await (const file of reading.files()) {
    const base = file.name.slice(file.name.lastIndexOf('/') + 1);
    const table = TABLES.exec(base);
    if (REPORT.test(file.name) && form !== 'r2gen') {
      await readReport(file, reports, remarks, reading);
      if (!file.path) archives.add(file.root);
    } else if (table) {
      const kind = table[1] ?? table[2];
      if (!tables.has(kind)) tables.set(kind, await reading.onDisk(file));
    } else if (SECTIONED.test(base)) {
      if (!tables.has('sectioned')) tables.set('sectioned', await reading.onDisk(file));
    } else if (base === 'annotation.json' || isNamedJson(file)) annotations.push(await reading.onDisk(file));
    else if (isImage(base)) {
      const place = belowImages(file.name);
      const [, subject, study, dicom] = IMAGE.exec(file.name) ?? [];
      if (!images.has(place)) images.set(place, foundImage(file));
      if (dicom === undefined) continue;
      if (!images.has(dicom)) images.set(dicom, foundImage(file));
      if (subject !== undefined && !owners.has(dicom)) owners.set(dicom, { subject, study });
    }
  }
  const sectioned = tables.get('sectioned');
  if (sectioned && reports.size === 0 && form !== 'r2gen')
    for (const [study, report] of await readSectioned(sectioned, reading))
      reports.set(study, { ...report, hash: '' });
  const found: MimicForm[] = [];
  if (reports.size > 0) found.push('physionet');
  if (annotations.length > 0) found.push('r2gen');
  const chosen = form ?? found[0];
  if (chosen === undefined || !found.includes(chosen)) {
    const what =
      form === 'r2gen'
        ? 'annotation.json'
        : 'reports (p10/p10000032/s50414267.txt) or mimic_cxr_sectioned.csv';
    throw new DataError(`${from.join(', ')}: expected ${what}, found none`);
  }
  if (found.length > 1 && !form) {
    throw new DataError(
      `${from.join(', ')}: expected one form of the data, found physionet and r2gen: name one (--form)`,
    );
  }
  if (chosen === 'r2gen')
    return { form: chosen, studies: await readR2gen(annotations, reading), images, remarks, chosen: true };
  for (const root of archives) await inputs.addFile(root.slice(root.lastIndexOf('/') + 1), root);
  for (const table of tables.values())
    await reading.hash(table, table.name.slice(table.name.lastIndexOf('/') + 1));
  const rows = await readRows(tables, owners, reading);
  const labels = await readLabels(tables.get('chexpert'));
  return { form: chosen, studies: join(reports, rows, labels, reading), images, remarks };
}

async function readReport(
  file: SourceFile,
  reports: Map<string, Report>,
  remarks: Map<Remark, number>,
  reading: Reading,
): Promise<void> {
  const [, subject, study] = REPORT.exec(file.name)!;
  let content: Buffer;
  try {
    content = await file.read(REPORT_LIMIT);
  } catch (error) {
    if (isSystemError(error)) throw asDiskError(error, file.path ?? file.root);
    reading.drop(file.name, 'unreadable report', { place: (error as Error).message });
    return;
  }
  if (file.path) reading.inputs.add('reports', file.name, content);
  const hash = sha256(content);
  const earlier = reports.get(study);
  if (earlier) {
    const reason = earlier.hash === hash ? 'the same report again' : 'another report of the same study';
    reading.drop(`s${study}`, reason, { place: file.name });
    return;
  }
  const parsed = parseMimicReport(content.toString('utf8'));
  for (const remark of parsed.remarks) remarks.set(remark, (remarks.get(remark) ?? 0) + 1);
  reports.set(study, { study, subject, origin: file.name, hash, sections: parsed.sections });
}

/** Images by the tables, where there are some, else by the folders they lie in: DICOM id → row. */
async function readRows(
  tables: ReadonlyMap<string, DiskFile>,
  owners: ReadonlyMap<string, Row>,
  reading: Reading,
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  const add = (dicom: string, row: Row, table: string): Row => {
    const earlier = rows.get(dicom);
    if (!earlier) {
      rows.set(dicom, row);
      return row;
    }
    if (earlier.study !== row.study || earlier.subject !== row.subject) {
      const place = `${table}: expected s${earlier.study} of p${earlier.subject}, found s${row.study} of p${row.subject}`;
      reading.drop(dicom, 'image of two studies', { studies: 0, images: 1, place });
    }
    return earlier;
  };
  const metadata = tables.get('metadata');
  if (metadata) {
    const once = new Set<string>();
    for await (const row of identifiedRows(metadata)) {
      if (once.has(row.dicom_id)) {
        reading.drop(row.dicom_id, 'image listed twice', { studies: 0, images: 1, place: metadata.name });
        continue;
      }
      once.add(row.dicom_id);
      const view = row.ViewPosition?.trim() || row.ViewCodeSequence_CodeMeaning?.trim() || undefined;
      const time = row.StudyDate ? `${row.StudyDate} ${clock(row.StudyTime)}` : undefined;
      add(
        row.dicom_id,
        { subject: row.subject_id, study: row.study_id, view: view?.toUpperCase(), time },
        metadata.name,
      );
    }
  }
  const record = tables.get('record');
  if (record && !metadata) {
    for await (const row of identifiedRows(record))
      add(row.dicom_id, { subject: row.subject_id, study: row.study_id }, record.name);
  }
  const split = tables.get('split');
  if (split) {
    const names = new Map<string, Split>([
      ['train', 'train'],
      ['validate', 'val'],
      ['val', 'val'],
      ['test', 'test'],
    ]);
    for await (const row of identifiedRows(split, 'split')) {
      const name = names.get(row.split);
      if (!name)
        throw new DataError(`${split.name}: split: expected train, validate or test, found "${row.split}"`);
      add(row.dicom_id, { subject: row.subject_id, study: row.study_id }, split.name).split = name;
    }
  }
  if (rows.size === 0) for (const [dicom, row] of owners) rows.set(dicom, { ...row });
  return rows;
}

/** What the identifiers of MIMIC-CXR look like; they become names of folders and files. */
const IDS = {
  dicom_id: { pattern: /^[\w-]{1,100}$/, expected: 'letters, digits and "-"' },
  subject_id: { pattern: /^\d{1,20}$/, expected: 'digits' },
  study_id: { pattern: /^\d{1,20}$/, expected: 'digits' },
} as const;

/** Rows of a table of images. @throws DataError naming file, column and value where an identifier is none */
async function* identifiedRows(
  table: DiskFile,
  ...further: readonly string[]
): AsyncGenerator<Record<string, string>, void, undefined> {
  for await (const row of rowsOf(table, [...Object.keys(IDS), ...further])) {
    for (const [column, { pattern, expected }] of Object.entries(IDS)) {
      if (!pattern.test(row[column]))
        throw new DataError(`${table.name}: ${column}: expected ${expected}, found ${shown(row[column])}`);
    }
    yield row;
  }
}

/** `81506.5` (8:15:06, written as a number) in a form that sorts. */
function clock(time = ''): string {
  const [whole, rest = '0'] = time.split('.');
  return `${whole.padStart(6, '0')}.${rest}`;
}

async function readLabels(table: DiskFile | undefined): Promise<Map<string, Record<string, number>>> {
  const labels = new Map<string, Record<string, number>>();
  if (!table) return labels;
  for await (const { subject_id: _, study_id, ...values } of rowsOf(table, ['study_id'])) {
    const known = Object.entries(values).filter(
      ([, value]) => value !== '' && Number.isFinite(Number(value)),
    );
    labels.set(study_id, Object.fromEntries(known.map(([name, value]) => [name, Number(value)])));
  }
  return labels;
}

/** Reports with their images, splits, labels and the study before, by patient and study number. */
function join(
  reports: ReadonlyMap<string, Report>,
  rows: ReadonlyMap<string, Row>,
  labels: ReadonlyMap<string, Record<string, number>>,
  reading: Reading,
): ImportStudy[] {
  const byStudy = new Map<string, [dicom: string, row: Row][]>();
  for (const entry of rows) {
    const list = byStudy.get(entry[1].study);
    if (list) list.push(entry);
    else byStudy.set(entry[1].study, [entry]);
  }
  const { prior, days } = timeline(byStudy);
  for (const [study, list] of byStudy)
    if (!reports.has(study)) reading.drop(`s${study}`, 'images without a report', { images: list.length });
  const studies: ImportStudy[] = [];
  for (const [study, { subject: ofFolder, origin, sections }] of reports) {
    const list = (byStudy.get(study) ?? []).sort(([a], [b]) => (a < b ? -1 : 1));
    const subject = ofFolder ?? list[0]?.[1].subject;
    if (subject === undefined) {
      reading.drop(`s${study}`, 'report of an unknown patient', { place: origin });
      continue;
    }
    const foreign = list.find(([, row]) => row.subject !== subject);
    if (foreign) {
      const place = `${origin}: expected p${subject}, found p${foreign[1].subject} for image ${foreign[0]}`;
      reading.drop(`s${study}`, 'patient of report and images differ', { images: list.length, place });
      continue;
    }
    const splits = SPLITS.filter((split) => list.some(([, row]) => row.split === split));
    if (splits.length > 1) {
      reading.drop(`s${study}`, 'images in two splits', { images: list.length, place: splits.join(', ') });
      continue;
    }
    const folder = `p${subject.slice(0, 2)}/p${subject}/s${study}`;
    const { addendum, ...rest } = sections as typeof sections & { addendum?: string };
    const before = prior.get(study);
    const day = days.get(study);
    const chexpert = labels.get(study);
    studies.push({
      id: `s${study}`,
      subject,
      origin,
      sections: rest,
      split: splits[0],
      images: list.map(
        ([id, { view }]): ImportImage => ({
          id,
          view,
          keys: [`${folder}/${id}.jpg`, id],
          target: `${folder}/${id}`,
        }),
      ),
      extra: {
        study_id: Number(study),
        ...(day !== undefined && { day }),
        ...(before && { prior_study: `s${before}` }),
        ...(addendum && { addendum }),
        ...(chexpert && { chexpert }),
      },
    });
  }
  return studies.sort((a, b) => compare(a.subject, b.subject) || compare(a.id, b.id));
}

const compare = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** By date and time: study → the same patient's previous one, and its day, counted from the patient's first study. */
function timeline(byStudy: ReadonlyMap<string, readonly [string, Row][]>): {
  prior: Map<string, string>;
  days: Map<string, number>;
} {
  const byPatient = new Map<string, { study: string; time: string }[]>();
  for (const [study, list] of byStudy) {
    const time = list.map(([, row]) => row.time ?? '').sort()[0];
    if (!time) continue;
    const { subject } = list[0][1];
    byPatient.set(subject, [...(byPatient.get(subject) ?? []), { study, time }]);
  }
  const prior = new Map<string, string>();
  const days = new Map<string, number>();
  for (const studies of byPatient.values()) {
    studies.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : compare(a.study, b.study)));
    for (let i = 1; i < studies.length; i++) prior.set(studies[i].study, studies[i - 1].study);
    const first = moment(studies[0].time);
    for (const { study, time } of studies) {
      const now = moment(time);
      if (first !== undefined && now !== undefined) days.set(study, daysBetween(first, now));
    }
  }
  return { prior, days };
}

/** `21800301 063000.0` in days. */
const moment = (time: string): number | undefined => daysOf(...(time.split(' ') as [string, string?]));
