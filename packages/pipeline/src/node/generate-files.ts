import {
  orderViews,
  type PictureOptions,
  type ReadImage,
  type ReadOptions,
  readRadiograph,
} from '@raca/data/node';
import type { WrittenReport } from '../written-report';
import type { LoadedRun } from './load-run';
import { pixelsOf, requireBackbone, viewWarnings, writeStudies } from './write-studies';

/** An image of a study that belongs to no data set. */
export interface StudyFile extends ReadImage {
  readonly file: string;
}

/** A report for images that belong to no data set. */
export interface FileReport extends WrittenReport {
  /** One a file, as read. */
  readonly images: readonly StudyFile[];
}

/**
 * Writes the report of one study from its image files: PNG, JPEG or DICOM, one a view. Fewer images than the model has views:
 * the last one is repeated, as in training, and a warning says so. A lateral view given first is put behind the frontal one.
 *
 * @param options how files are read: gray levels, what is taken, limits of size
 * @throws Error naming the file that cannot be read or is no chest radiograph (unless `force`); RangeError for more images than views
 */
export async function generateFromFiles(
  loaded: LoadedRun,
  files: readonly string[],
  options: ReadOptions & PictureOptions = {},
): Promise<FileReport> {
  const { views } = loaded.config.model;
  if (files.length === 0 || files.length > views) {
    throw new RangeError(`generate: the model takes 1 to ${views} images a study, got ${files.length}`);
  }
  requireBackbone(loaded);
  const given: StudyFile[] = [];
  for (const file of files) given.push({ file, ...(await readRadiograph(file, options)) });
  const { views: images, warnings: moved } = orderViews(given);
  const pixels = images.map(({ image }) => pixelsOf(image, loaded));
  const warnings = [
    ...moved,
    ...images.flatMap(({ file, warnings }) => warnings.map((line) => `${file}: ${line}`)),
    ...viewWarnings(files.length, views),
  ];
  const [written] = await writeStudies(loaded, [{ pixels, warnings }]);
  return { ...written, images };
}
