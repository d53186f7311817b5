import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@raca/core/node';
import type { RexrankEntries } from '@raca/data';
import { encodeJpeg, type ReadOptions, type StudyImages } from '@raca/data/node';
import {
  REGIONS_PICTURE_SIDE,
  type ReportContext,
  regionSetOf,
  regionsPicture,
  reportRecord,
} from '@raca/pipeline';
import {
  fileHash,
  generateStudies,
  type LoadedRun,
  type ReportRow,
  ReportsTable,
  type StudyFailure,
  type StudyReport,
  trainedOn,
  writeTableViewer,
} from '@raca/pipeline/node';
import { FAILED } from './errors';
import { interruptSignal, progress } from './output';
import { writeRexrank } from './rexrank-output';
import { print, say } from './say';

interface ManyOptions {
  readonly out?: string;
  readonly pictures?: boolean;
  readonly regions: boolean;
  readonly restart?: boolean;
  readonly json?: boolean;
  /** The studies as ReXrank has them, to write the reports in its form, too. */
  readonly rexrank?: RexrankEntries;
  readonly reading: ReadOptions;
}

/**
 * Writes the reports of many studies: into the tables of `out`, going on where an earlier call was broken off, or to standard
 * output.
 * @throws FAILED if a study has no report
 */
export async function generateMany(
  loaded: LoadedRun,
  studies: readonly StudyImages[],
  options: ManyOptions,
): Promise<void> {
  const { out, reading, restart } = options;
  const table = out === undefined ? null : ReportsTable.open(out, settingsOf(loaded, options), { restart });
  const { signal, done } = interruptSignal();
  const bar = progress('writing reports', { lines: true });
  try {
    const { views } = loaded.config.model;
    const written = new Set(studies.flatMap((study) => (table?.has(study, views) ? [study.id] : [])));
    const total = studies.length - written.size;
    const images = studies.reduce((n, study) => n + study.images.length, 0);
    say(`${studies.length} studies, ${images} images`);
    if (written.size > 0) say(`${written.size} of ${studies.length} studies have their reports already`);
    const nameOf = pictureNames(studies);
    const training = trainedOn(loaded.run);
    const made = generateStudies(loaded, studies, {
      ...reading,
      signal,
      isDone: (id) => written.has(id),
      ...(options.pictures && { pictures: REGIONS_PICTURE_SIDE }),
    });
    let failed = 0;
    let warned = 0;
    let count = 0;
    for await (const study of made) {
      if ('error' in study) {
        failed++;
        say(`${study.id}: ${study.error}`);
      } else if (study.warnings.length > 0) warned++;
      const picture =
        out !== undefined && options.pictures ? await draw(loaded, out, study, nameOf(study.id)) : null;
      const row = rowOf(study, { ...options, picture, model: loaded.config.model, trainedOn: training });
      table?.append(row);
      if (options.json) print(JSON.stringify(row));
      else if (!table && !('error' in study)) print(`${study.id}\t${study.sentences.join(' ')}`);
      bar.update(++count, total);
    }
    bar.stop();
    if (table) {
      await writeTableViewer(join(table.dir, 'report.html'), loaded, table, reading);
      const say = options.json ? console.error : console.log;
      if (options.rexrank) say(writeRexrank(options.rexrank, table));
      say(
        `${join(table.dir, 'reports.csv')}: reports of ${studies.length - failed} of ${studies.length} studies`,
      );
    }
    if (warned > 0) say(`${warned} studies have warnings about their images`);
    if (failed > 0) {
      say(`${failed} of ${studies.length} studies have no report`);
      throw FAILED;
    }
  } catch (error) {
    bar.stop();
    if (table && signal.aborted) say('stopped; the same command goes on');
    throw error;
  } finally {
    done();
    table?.close();
  }
}

/** What reports depend on: rows made with other settings do not go into the same table. */
function settingsOf({ run, config }: LoadedRun, { reading, regions, pictures = false }: ManyOptions) {
  return {
    notice: 'What the reports beside this file were made with.',
    weights: fileHash(run.path('weights.safetensors')),
    vocabulary: fileHash(run.path('vocab.json')),
    generation: config.training.generation,
    reading,
    regions,
    pictures,
  };
}

function rowOf(study: StudyReport | StudyFailure, { regions, picture, ...facts }: RowOptions): ReportRow {
  if ('error' in study)
    return { id: study.id, images: study.files.map((file) => ({ file })), error: study.error };
  const record = reportRecord(study, { ...facts, images: study.images });
  const { regions: masks, probabilities, views, viewKinds, grid, ...text } = record;
  return {
    id: study.id,
    ...text,
    ...(regions && { views, viewKinds, grid, regions: masks, probabilities }),
    ...(picture !== null && { picture }),
  };
}

interface RowOptions extends Omit<ReportContext, 'images'> {
  readonly regions: boolean;
  /** Path of the drawn regions in the folder. */
  readonly picture: string | null;
}

/** Draws the regions of a study; its path in the folder. */
async function draw(
  { config }: LoadedRun,
  out: string,
  study: StudyReport | StudyFailure,
  name: string,
): Promise<string | null> {
  if ('error' in study) return null;
  const { images, kinds, masks, probabilities } = study;
  const pictures = images.flatMap(({ picture }) => picture ?? []);
  const drawn = regionsPicture({
    ...{ images: pictures, kinds, masks, probabilities },
    grid: config.model.grid,
    regions: regionSetOf(config.model).names,
  });
  mkdirSync(join(out, 'pictures'), { recursive: true });
  const path = `pictures/${name}.jpg`;
  writeFileAtomic(join(out, path), await encodeJpeg(drawn));
  return path;
}

/** File names for ids: what may not stand in one is replaced, and the place in the list added where that matters. */
function pictureNames(studies: readonly StudyImages[]): (id: string) => string {
  const names = new Map<string, string>();
  const used = new Set<string>();
  studies.forEach(({ id }, i) => {
    const plain = id
      .replace(/[^A-Za-z0-9._-]+/g, '_')
      .replace(/^\.+/, '_')
      .slice(0, 100);
    let name = plain;
    for (let n = i + 1; used.has(name.toLowerCase()); n++) name = `${plain}-${n}`;
    used.add(name.toLowerCase());
    names.set(id, name);
  });
  return (id) => names.get(id)!;
}
