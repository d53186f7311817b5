import { asDiskError, isSystemError } from '@raca/core/node';
import type { RasterImage } from '@raca/data';
import type { PictureOptions, ReadOptions, StudyImages } from '@raca/data/node';
import { shrink } from '../picture-views';
import type { WrittenReport } from '../written-report';
import type { LoadedRun } from './load-run';
import { readStudyFiles, type StudyFile } from './study-files';
import { type PreparedStudy, requireBackbone, writeStudies } from './write-studies';

/** An image behind one of many reports. */
export interface StudyFileInfo extends Pick<StudyFile, 'file' | 'format'> {
  /** Size of the file's picture in pixels. */
  readonly width: number;
  readonly height: number;
  /** A small copy, where asked for. */
  readonly picture?: RasterImage;
}

/** The report of one of many studies. */
export interface StudyReport extends WrittenReport {
  readonly id: string;
  readonly images: readonly StudyFileInfo[];
}

/** A study without report. */
export interface StudyFailure {
  readonly id: string;
  readonly files: readonly string[];
  /** Why, in one line. */
  readonly error: string;
}

/** Options of {@link generateStudies}. */
export interface GenerateStudiesOptions extends ReadOptions, PictureOptions {
  /** Studies that are encoded and written together; 16. */
  readonly batchSize?: number;
  /** Studies that have a report already: they are passed over. */
  readonly isDone?: (id: string) => boolean;
  /** Longer side in pixels of small copies of the images, for pictures; none by default. */
  readonly pictures?: number;
  /** Ends the work between two batches. */
  readonly signal?: AbortSignal;
}

const TOGETHER = 16;

/**
 * Writes the reports of many studies, `batchSize` of them encoded and decoded together while the images of the next ones are
 * read. A study with an image that cannot be read gives a {@link StudyFailure}; the others go on. Of more images than the
 * model has views the first ones are used, and a warning says so. A lateral view given first is put behind the frontal one.
 *
 * Batches are cut at fixed places of the list whatever is done already, so that a report does not depend on where an earlier
 * call was broken off.
 *
 * @param options how files are read, and what is done already
 * @throws RangeError for a model that reads stored features; AbortError by the signal; Error where the disk fails
 */
export async function* generateStudies(
  loaded: LoadedRun,
  studies: readonly StudyImages[],
  options: GenerateStudiesOptions = {},
): AsyncGenerator<StudyReport | StudyFailure, void, undefined> {
  const { batchSize = TOGETHER, isDone = () => false, pictures, signal, ...reading } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`generateStudies: batchSize must be a whole number of at least 1, got ${batchSize}`);
  requireBackbone(loaded);
  const starts: number[] = [];
  for (let start = 0; start < studies.length; start += batchSize)
    if (studies.slice(start, start + batchSize).some(({ id }) => !isDone(id))) starts.push(start);
  const load = (start: number | undefined): Promise<Loaded[]> | null => {
    if (start === undefined) return null;
    const batch = readAll(studies.slice(start, start + batchSize), loaded, { reading, pictures });
    batch.catch(() => {}); // reported when its turn comes
    return batch;
  };
  let next = load(starts[0]);
  try {
    for (let k = 0; next; k++) {
      signal?.throwIfAborted();
      const batch: Loaded[] = await next;
      next = load(starts[k + 1]);
      const readable = batch.filter((study): study is ReadStudy => !('error' in study));
      const written = readable.length > 0 ? await writeStudies(loaded, readable) : [];
      let place = 0;
      for (const study of batch) {
        const report = 'error' in study ? study : { ...written[place++], id: study.id, images: study.images };
        if (!isDone(study.id)) yield report;
      }
      await new Promise((resolve) => setImmediate(resolve)); // lets readers and signals in
    }
  } finally {
    await next?.catch(() => {});
  }
}

interface ReadStudy extends PreparedStudy {
  readonly id: string;
  readonly images: readonly StudyFileInfo[];
}

type Loaded = ReadStudy | StudyFailure;

/** Images read at once: bounds memory; sharp has four threads below it. */
const AT_ONCE = 4;

/** Reads the images of a batch, some at once; what cannot be read becomes a failure. */
async function readAll(
  studies: readonly StudyImages[],
  loaded: LoadedRun,
  options: { readonly reading: ReadOptions & PictureOptions; readonly pictures?: number },
): Promise<Loaded[]> {
  const out: Loaded[] = new Array(studies.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < studies.length) {
      const i = next++;
      out[i] = await readStudy(studies[i], loaded, options);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return out;
}

async function readStudy(
  { id, images: files, context = {} }: StudyImages,
  loaded: LoadedRun,
  { reading, pictures }: { readonly reading: ReadOptions & PictureOptions; readonly pictures?: number },
): Promise<Loaded> {
  try {
    const { prepared, files: given } = await readStudyFiles(loaded, files, context, reading);
    const images = given.map(({ file, format, image }): StudyFileInfo => {
      const { width, height } = image;
      return { file, format, width, height, ...(pictures && { picture: shrink(image, pictures) }) };
    });
    return { id, images, ...prepared };
  } catch (error) {
    if (isSystemError(error)) throw asDiskError(error, files.join(', ')); // no fault of the study
    return { id, files, error: (error as Error).message.split('\n')[0] };
  }
}
