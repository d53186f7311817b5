import { VIEW_KINDS, type ViewKind } from '@raca/core';
import { writeFileAtomic } from '@raca/core/node';
import { type RasterImage, readableSentences } from '@raca/data';
import { type ReadOptions, readImage } from '@raca/data/node';
import { confidenceSchema } from '../confidence';
import { regionSetOf } from '../region-config';
import { reportPage } from '../report-page';
import { trainingNotices } from '../report-record';
import type { SortKey } from '../study-viewer';
import type { WrittenReport } from '../written-report';
import type { LoadedRun } from './load-run';
import type { ReportRow, ReportsTable } from './reports-table';
import { type ShownStudy, studyView } from './study-view';
import { trainedOn } from './trained-on';

/** Most studies on a page: with their pictures it takes some 3 MB. */
const SHOWN = 48;

const SORT_KEYS: readonly SortKey[] = [
  { key: 'word', label: 'log-probability per word', directions: ['least sure first', 'surest first'] },
  { key: 'report', label: 'log-probability', directions: ['least likely first', 'most likely first'] },
];

/** What a page of generated reports shows of a study. */
export interface ViewedReport extends WrittenReport {
  readonly id: string;
  readonly pictures: readonly RasterImage[];
}

/** Writes a page with some reports: sentences, pictures and where the agent looked. */
export async function writeReportViewer(
  path: string,
  loaded: LoadedRun,
  reports: readonly ViewedReport[],
): Promise<void> {
  await writePage(path, loaded, reports.map(shownStudy), reports.length);
}

/**
 * Writes a page with the first reports of a table that hold their regions; images are read again.
 * @param reading how they were read
 */
export async function writeTableViewer(
  path: string,
  loaded: LoadedRun,
  table: ReportsTable,
  reading: ReadOptions,
): Promise<void> {
  const { names } = regionSetOf(loaded.config.model);
  const shown: ShownStudy[] = [];
  let total = 0;
  for (const row of table.read()) {
    total++;
    if (shown.length >= SHOWN) continue;
    const { views, grid } = loaded.config.model;
    const kinds = kindsOf(row);
    const length = names.length * (kinds?.length ?? views) * grid.rows * grid.cols;
    const [masks, probabilities] = [row.regions, row.probabilities].map((field) =>
      valuesOf(field, names, length),
    );
    if (!masks || !probabilities) continue;
    shown.push({ ...textOf(row), pictures: await picturesOf(row, reading), kinds, masks, probabilities });
  }
  if (shown.length > 0) await writePage(path, loaded, shown, total);
}

async function writePage(
  path: string,
  loaded: LoadedRun,
  studies: readonly ShownStudy[],
  total: number,
): Promise<void> {
  const { config, run } = loaded;
  const training = trainedOn(run);
  const views = [];
  for (const study of studies) views.push(await studyView(study, config.model));
  const html = await reportPage({
    title: total === 1 ? 'RACA: report of one study' : `RACA: reports of ${total} studies`,
    notices: trainingNotices(training),
    facts: {
      'trained on': training.source ?? 'unknown data',
      model: `agent ${config.model.agent?.use ?? 'none (all patches)'}, decoder ${config.model.decoder.use}, ${config.training.generation.search} search`,
    },
    tables: [],
    ...(total > studies.length && {
      shown: `The first ${studies.length} of ${total} studies; the table beside this page has all.`,
    }),
    studies: views,
    sortKeys: SORT_KEYS,
  });
  writeFileAtomic(path, html);
}

const shownStudy = ({ report, score, ...rest }: ViewedReport): ShownStudy => ({
  ...rest,
  scores: scoresOf(report, score),
});

function textOf(row: ReportRow): Omit<ShownStudy, 'pictures' | 'kinds' | 'masks' | 'probabilities'> {
  const { id, report = '', score = 0, notes = [], warnings = [] } = row;
  const confidence = confidenceSchema.safeParse(row.confidence).data; // absent in tables of earlier versions
  return {
    id,
    sentences: readableSentences(report),
    ...(confidence && { confidence }),
    scores: scoresOf(report, score),
    notes,
    warnings,
  };
}

/** Longer reports are less likely: the mean over words compares them. */
const scoresOf = (report: string, score: number): Record<string, number> => ({
  report: score,
  word: score / (report.split(' ').length + 1),
});

/** What the pictures of a row show; undefined in tables of earlier versions. */
function kindsOf({ viewKinds }: ReportRow): ViewKind[] | undefined {
  const known: readonly unknown[] = VIEW_KINDS;
  const fits = Array.isArray(viewKinds) && viewKinds.every((kind) => known.includes(kind));
  return fits ? (viewKinds as ViewKind[]) : undefined;
}

async function picturesOf({ images }: ReportRow, reading: ReadOptions): Promise<RasterImage[]> {
  const pictures: RasterImage[] = [];
  for (const { file } of images) {
    try {
      pictures.push((await readImage(file, reading)).image);
    } catch {
      break; // moved since; the text stays
    }
  }
  return pictures;
}

/** `[r · v · p]` of a row's values by region; null where they are not there. */
function valuesOf(field: unknown, names: readonly string[], length: number): number[] | null {
  const byName = (field ?? {}) as Readonly<Record<string, unknown>>;
  const values = names.flatMap((name) => {
    const own = Object.hasOwn(byName, name) ? byName[name] : null;
    return Array.isArray(own) ? (own as unknown[]) : [];
  });
  const fits = values.length === length && values.every((x) => typeof x === 'number' && x >= 0 && x <= 1);
  return fits ? (values as number[]) : null;
}
