import { evalTransform } from '@raca/data';
import { decodeImage } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { writeReports } from '../generate';
import type { LoadedRun } from './load-run';

/** A report for images that belong to no data set. */
export interface FileReport {
  readonly report: string;
  /** `[r · p]` masks, region by region. */
  readonly masks: Uint8Array;
}

/**
 * Writes the report of one study from its image files. Fewer images than the model has views: the last one is
 * repeated, as in training.
 * @throws Error naming the file that cannot be read; RangeError for more images than views
 */
export async function generateFromFiles(loaded: LoadedRun, files: readonly string[]): Promise<FileReport> {
  const { model, config, tokenizer } = loaded;
  const { views, imageSize: size, maxLength } = config.model;
  if (files.length === 0 || files.length > views) {
    throw new RangeError(`generate: the model takes 1 to ${views} images a study, got ${files.length}`);
  }
  if (model.parts.vision.backbone === null) {
    throw new Error('generate: the model reads stored features (model.backbone is null) and takes no images');
  }
  const decoded = await Promise.all(files.map((file) => decodeImage(file)));
  const pixels = new Float32Array(views * size * size * 3);
  for (let v = 0; v < views; v++) {
    pixels.set(evalTransform(decoded[Math.min(v, decoded.length - 1)], { size }), v * size * size * 3);
  }
  const images = tf.tensor5d(pixels, [1, views, size, size, 3]);
  try {
    const written = await writeReports(model, { images }, { ...config.training.generation, maxLength });
    const masks = Uint8Array.from(written.regions.masks.dataSync());
    written.dispose();
    return { report: tokenizer.decode(written.tokens[0] as number[]), masks };
  } finally {
    images.dispose();
  }
}
