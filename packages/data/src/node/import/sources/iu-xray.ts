import { asDiskError, isSystemError } from '@raca/core/node';
import { DataError } from '../../../errors';
import { parseOpenIReport } from '../../../import/openi';
import { imageKey, placeKey, studyId, uidOf } from '../../../import/openi-names';
import type { Published } from '../../../import/published';
import type { ImportImage, ImportStudy } from '../../../import/study';
import { belowImages, type FoundImage, foundImage, isImage } from '../images';
import type { ImportSource, Reading, SourceContent } from '../import-source';
import type { DiskFile } from '../scratch';
import { columnsOf, rowsOf } from '../table';
import { isNamedJson, type SourceFile } from '../walk';
import { readR2gen } from './r2gen';

/** Forms in which IU X-ray is found. */
export const IU_FORMS = ['openi', 'kaggle', 'r2gen'] as const;
export type IuForm = (typeof IU_FORMS)[number];

const IU_COUNTS: readonly Published[] = [
  {
    name: "R2Gen's IU X-ray",
    unit: 'studies',
    counts: { train: 2069, val: 296, test: 590 },
    note: (choice) =>
      choice === 'two'
        ? undefined
        : `takes two images of a study, and no study with fewer; this import takes ${choice} (see --per-study)`,
  },
];

const XML_LIMIT = 1 << 20;

/** What a study and an id of R2Gen's split have in common: the number of the report. */
const iuKey = uidOf;

/**
 * IU X-ray: Open-i's XML files, Kaggle's CSV pair, or R2Gen's `annotation.json`, with their images.
 *
 * @param form needed where the folders hold more than one
 */
export const iuXray = (form?: IuForm): ImportSource => ({
  name: 'iu-xray',
  about: {
    source: 'IU X-ray (Open-i, Indiana University)',
    licence: 'CC BY-NC-ND 4.0',
    access: 'open',
    cleaning: 'iu_xray',
  },
  perStudy: 'two',
  extension: 'png',
  splitKey: iuKey,
  published: IU_COUNTS,
  read: (reading) => readIuXray(reading, form),
});

/** @throws DataError if there is none of the forms, or more than one and no `form` */
async function readIuXray(reading: Reading, form: IuForm | undefined): Promise<SourceContent> {
  const { from, inputs } = reading;
  const images = new Map<string, FoundImage>();
  const tables = new Map<string, DiskFile>();
  const reports: ImportStudy[] = [];
  const annotations: DiskFile[] = [];
  const archives = new Set<string>();
  let xml = 0;
  for await (const file of reading.files()) {
    const base = file.name.slice(file.name.lastIndexOf('/') + 1).toLowerCase();
    if (base.endsWith('.xml') && (form ?? 'openi') === 'openi') {
      xml++;
      const study = await readReport(file, reading);
      if (study) reports.push(study);
      if (!file.path) archives.add(file.root);
    } else if (/^indiana_(reports|projections)\.csv$/.test(base)) {
      if (!tables.has(base)) tables.set(base, await reading.onDisk(file));
    } else if (file.path === file.root && base.endsWith('.csv')) {
      const table = await reading.onDisk(file);
      const name = kaggleTable(await columnsOf(table));
      if (name !== undefined && !tables.has(name)) tables.set(name, table);
    } else if (base === 'annotation.json' || isNamedJson(file)) annotations.push(await reading.onDisk(file));
    else if (isImage(base)) {
      for (const key of [imageKey(file.name), placeKey(file.name), belowImages(file.name)]) {
        if (key !== undefined && !images.has(key)) images.set(key, foundImage(file));
      }
    }
  }
  const found: IuForm[] = [];
  if (xml > 0) found.push('openi');
  if (tables.has('indiana_reports.csv')) found.push('kaggle');
  if (annotations.length > 0) found.push('r2gen');
  const chosen = form ?? found[0];
  if (chosen === undefined || !found.includes(chosen)) {
    const expected = {
      openi: 'Open-i XML reports',
      kaggle: 'indiana_reports.csv',
      r2gen: 'annotation.json',
    };
    const what = form ? expected[form] : Object.values(expected).join(', ');
    throw new DataError(
      `${from.join(', ')}: expected ${what}, found none (a file of another name is taken where --from names it)`,
    );
  }
  if (found.length > 1 && !form) {
    throw new DataError(
      `${from.join(', ')}: expected one form of the data, found ${found.join(' and ')}: name one (--form)`,
    );
  }
  for (const root of archives) await inputs.addFile(root.slice(root.lastIndexOf('/') + 1), root);
  const projections = tables.get('indiana_projections.csv');
  if (projections) await hashTable(projections, reading);
  const kaggle = tables.get('indiana_reports.csv');
  switch (chosen) {
    case 'r2gen':
      return {
        form: chosen,
        ...underOpenINames(await readR2gen(annotations, reading), images),
        images,
        chosen: true,
      };
    case 'kaggle':
      await hashTable(kaggle!, reading);
      return {
        form: chosen,
        studies: await readKaggle(kaggle!, await listImages(projections), reading),
        images,
        onePerPatient: true,
      };
    case 'openi': {
      reports.sort((a, b) => Number(a.subject.slice(3)) - Number(b.subject.slice(3)));
      return {
        form: chosen,
        studies: withViews(reports, await listImages(projections)),
        images,
        onePerPatient: true,
      };
    }
  }
}

/** Which of Kaggle's tables has these columns, whatever its file is called. */
function kaggleTable(columns: readonly string[]): string | undefined {
  if (!columns.includes('uid')) return undefined;
  if (columns.includes('filename') && columns.includes('projection')) return 'indiana_projections.csv';
  return columns.includes('findings') ? 'indiana_reports.csv' : undefined;
}

/**
 * R2Gen's studies with the images of Open-i's own folder (`CXR2_IM-0652-1001.png`) where R2Gen's (`CXR2_IM-0652/0.png`) are
 * not there: the n-th image of a study is the n-th of its report by name.
 */
function underOpenINames(
  studies: ImportStudy[],
  images: ReadonlyMap<string, FoundImage>,
): { studies: ImportStudy[]; remarks?: Map<string, number> } {
  const byReport = new Map<string, string[]>();
  for (const key of images.keys()) {
    if (!/^CXR\d+_[^/]+$/.test(key) || /\.\w+$/.test(key)) continue;
    byReport.set(uidOf(key), [...(byReport.get(uidOf(key)) ?? []), key]);
  }
  let matched = 0;
  const withNames = studies.map((study) => ({
    ...study,
    images: study.images.map((image, n): ImportImage => {
      if (image.keys.some((key) => images.has(key))) return image;
      const names = byReport.get(uidOf(study.id))?.sort() ?? [];
      const place = /(?:^|\/)(\d+)\.\w+$/.exec(image.keys[0])?.[1];
      const name = names[place === undefined ? n : Number(place)];
      if (name === undefined) return image;
      matched++;
      return { ...image, keys: [...image.keys, name] };
    }),
  }));
  const remark = 'images under Open-i\u2019s names, matched with R2Gen\u2019s by their order';
  return { studies: withNames, ...(matched > 0 && { remarks: new Map([[remark, matched]]) }) };
}

async function hashTable(table: DiskFile, reading: Reading): Promise<void> {
  const { name } = table;
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf(' ')) + 1);
  await reading.hash(table, base);
}

async function readReport(file: SourceFile, reading: Reading): Promise<ImportStudy | undefined> {
  try {
    const content = await file.read(XML_LIMIT);
    if (file.path) reading.inputs.add('reports', file.name, content);
    const { uid, sections, images, mesh } = parseOpenIReport(content.toString('utf8'), file.name);
    return {
      id: studyId(uid, images),
      subject: uid,
      origin: file.name,
      sections,
      images: images.map((id, n) => ({ id, keys: [imageKey(id), `${studyId(uid, images)}/${n}`] })),
      ...(mesh.length > 0 && { extra: { mesh } }),
    };
  } catch (error) {
    if (isSystemError(error)) throw asDiskError(error, file.path ?? file.root);
    if (!(error instanceof DataError) && !(error as NodeJS.ErrnoException).code) throw error;
    const { message: line } = error as Error;
    const named = line.indexOf(`${file.name}: `);
    const message = named < 0 ? line : line.slice(named + file.name.length + 2);
    reading.drop(file.name, 'unreadable report', { place: message });
    return undefined;
  }
}

interface Listed {
  readonly filename: string;
  readonly view?: string;
}

/** Images of each report by Kaggle's table, in its order: number → files. */
async function listImages(table: DiskFile | undefined): Promise<Map<string, Listed[]>> {
  const listed = new Map<string, Listed[]>();
  if (!table) return listed;
  for await (const { uid, filename, projection } of rowsOf(table, ['uid', 'filename', 'projection'])) {
    const key = `CXR${uid}`;
    listed.set(key, [...(listed.get(key) ?? []), { filename, view: projection || undefined }]);
  }
  return listed;
}

const READABLE = ['findings', 'impression', 'indication', 'comparison'] as const;

async function readKaggle(
  table: DiskFile,
  listed: ReadonlyMap<string, Listed[]>,
  reading: Reading,
): Promise<ImportStudy[]> {
  const studies: ImportStudy[] = [];
  for await (const row of rowsOf(table, ['uid', ...READABLE])) {
    const uid = `CXR${row.uid}`;
    if (!/^CXR\d+$/.test(uid)) {
      reading.drop(`row ${studies.length + 2}`, 'unreadable report', {
        place: `uid: expected a number, found "${row.uid}"`,
      });
      continue;
    }
    const files = [...(listed.get(uid) ?? [])].sort((a, b) => (a.filename < b.filename ? -1 : 1));
    const images = files.map(
      ({ filename, view }): ImportImage => ({ id: imageKey(filename), view, keys: [imageKey(filename)] }),
    );
    const ids = images.map(({ id }) => id);
    studies.push({
      id: studyId(uid, ids),
      subject: uid,
      origin: table.name,
      sections: Object.fromEntries(
        READABLE.filter((part) => row[part]?.trim()).map((part) => [part, row[part]]),
      ),
      images,
      ...(row.MeSH && { extra: { mesh: row.MeSH.split(';').map((code) => code.trim()) } }),
    });
  }
  return studies;
}

/** Views of Kaggle's table on images of the XML files. */
function withViews(studies: ImportStudy[], listed: ReadonlyMap<string, Listed[]>): ImportStudy[] {
  if (listed.size === 0) return studies;
  const views = new Map([...listed.values()].flat().map(({ filename, view }) => [imageKey(filename), view]));
  return studies.map((study) => ({
    ...study,
    images: study.images.map((image) => ({ ...image, view: views.get(imageKey(image.id)) })),
  }));
}
