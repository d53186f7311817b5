import type { PictureOptions, ReadOptions, StudyContext } from '@raca/data/node';
import type { WrittenReport } from '../written-report';
import type { LoadedRun } from './load-run';
import { readStudyFiles, type StudyFile } from './study-files';
import { requireBackbone, writeStudies } from './write-studies';

export type { StudyFile };

/** A report for images that belong to no data set. */
export interface FileReport extends WrittenReport {
  /** One a picture that the model looked at, in the order of its views. */
  readonly images: readonly StudyFile[];
}

/** Options of {@link generateFromFiles}. */
export interface GenerateFilesOptions extends ReadOptions, PictureOptions {
  /** Indication, earlier study and the like. */
  readonly context?: StudyContext;
}

/**
 * Writes the report of one study from its image files: PNG, JPEG or DICOM, one a view. With fewer images than the model has
 * views the others are empty or, where the model was trained so, the last image is repeated, and a warning says so. A lateral
 * view given first is put behind the frontal one.
 *
 * @param options how files are read: gray levels, what is taken, limits of size; and what the study comes with
 * @throws Error naming the file that cannot be read or is no chest radiograph (unless `force`); RangeError for more images than views
 */
export async function generateFromFiles(
  loaded: LoadedRun,
  files: readonly string[],
  { context = {}, ...reading }: GenerateFilesOptions = {},
): Promise<FileReport> {
  const { views } = loaded.config.model;
  if (files.length === 0 || files.length > views) {
    throw new RangeError(`generate: the model takes 1 to ${views} images a study, got ${files.length}`);
  }
  requireBackbone(loaded);
  const { prepared, files: images } = await readStudyFiles(loaded, files, context, reading);
  const [written] = await writeStudies(loaded, [prepared]);
  return { ...written, images };
}
