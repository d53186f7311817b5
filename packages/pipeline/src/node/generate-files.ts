import { evalTransform } from '@raca/data';
import {
  orderViews,
  type PictureOptions,
  type ReadImage,
  type ReadOptions,
  readRadiograph,
} from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { writeReports } from '../generate';
import type { LoadedRun } from './load-run';

/** An image of a study that belongs to no data set. */
export interface StudyFile extends ReadImage {
  readonly file: string;
}

/** A report for images that belong to no data set. */
export interface FileReport {
  readonly report: string;
  /** `[r · v · p]` masks, region by region, view by view, 0 or 1. */
  readonly masks: Uint8Array;
  /** One a file, as read. */
  readonly images: readonly StudyFile[];
  /** One line each: what was chosen for an image, looks wrong with it, or was done about views. */
  readonly warnings: readonly string[];
}

/**
 * Writes the report of one study from its image files: PNG, JPEG or DICOM, one a view. Fewer images than the model has views:
 * the last one is repeated, as in training, and a warning says so. A lateral view given first is put behind the frontal one.
 *
 * @param options how DICOM files are shown, and limits of size
 * @throws Error naming the file that cannot be read or is no chest radiograph (unless `force`); RangeError for more images than views
 */
export async function generateFromFiles(
  loaded: LoadedRun,
  files: readonly string[],
  options: ReadOptions & PictureOptions = {},
): Promise<FileReport> {
  const { model, config, tokenizer } = loaded;
  const { views, imageSize: size, maxLength } = config.model;
  if (files.length === 0 || files.length > views) {
    throw new RangeError(`generate: the model takes 1 to ${views} images a study, got ${files.length}`);
  }
  if (config.model.backbone === null)
    throw new RangeError('generate: the model reads stored features and has no backbone for images');
  const given: StudyFile[] = [];
  for (const file of files) given.push({ file, ...(await readRadiograph(file, options)) });
  const { views: images, warnings: moved } = orderViews(given);
  const pixels = new Float32Array(views * size * size * 3);
  for (let v = 0; v < views; v++) {
    const { image } = images[Math.min(v, images.length - 1)];
    pixels.set(evalTransform(image, { size }), v * size * size * 3);
  }
  const input = tf.tensor5d(pixels, [1, views, size, size, 3]);
  try {
    const written = await writeReports(
      model,
      { images: input },
      { ...config.training.generation, maxLength },
    );
    const masks = Uint8Array.from(written.regions.masks.dataSync());
    written.dispose();
    const report = tokenizer.decode(written.tokens[0] as number[]);
    return { report, masks, images, warnings: [...moved, ...warningsOf(images, views)] };
  } finally {
    input.dispose();
  }
}

function warningsOf(images: readonly StudyFile[], views: number): string[] {
  const own = images.flatMap(({ file, warnings }) => warnings.map((line) => `${file}: ${line}`));
  const { length } = images;
  if (length === views) return own;
  const given = `${length} image${length === 1 ? '' : 's'} for a model of ${views} views`;
  return [...own, `${given}: the last one is repeated, as in training`];
}
