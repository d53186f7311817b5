import { evalTransform, type RasterImage, readableSentences } from '@raca/data';
import { findContradictions } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { writeReports } from '../generate';
import { notesOn, type WrittenReport } from '../written-report';
import type { LoadedRun } from './load-run';

/** A study's images as the model takes them. */
export interface PreparedStudy {
  /** `[size · size · 3]` of each image; the last one stands in for views that are not there. */
  readonly pixels: readonly Float32Array[];
  readonly warnings: readonly string[];
}

/** An image as the model takes it, `[size · size · 3]`. */
export const pixelsOf = (image: RasterImage, { config }: LoadedRun): Float32Array =>
  evalTransform(image, { size: config.model.imageSize });

/** Encodes studies and writes their reports, all together. */
export async function writeStudies(
  { model, config, tokenizer }: LoadedRun,
  studies: readonly PreparedStudy[],
): Promise<WrittenReport[]> {
  const { views, imageSize: size, maxLength } = config.model;
  const each = size * size * 3;
  const all = new Float32Array(studies.length * views * each);
  studies.forEach(({ pixels }, b) => {
    for (let v = 0; v < views; v++) all.set(pixels[Math.min(v, pixels.length - 1)], (b * views + v) * each);
  });
  const images = tf.tensor5d(all, [studies.length, views, size, size, 3]);
  try {
    const written = await writeReports(model, { images }, { ...config.training.generation, maxLength });
    try {
      const masks = Uint8Array.from(written.regions.masks.dataSync());
      const probabilities = written.regions.probabilities.dataSync() as Float32Array;
      const n = masks.length / studies.length;
      return studies.map(({ warnings }, b) => {
        const report = tokenizer.decode(written.tokens[b] as number[]);
        const sentences = readableSentences(report);
        const contradictions = findContradictions(sentences);
        return {
          report,
          sentences,
          score: written.scores[b],
          contradictions,
          masks: masks.slice(b * n, (b + 1) * n),
          probabilities: probabilities.slice(b * n, (b + 1) * n),
          warnings,
          notes: notesOn({ report, sentences, contradictions }, written.tokens[b].length >= maxLength - 1),
        };
      });
    } finally {
      written.dispose();
    }
  } finally {
    images.dispose();
  }
}

/** @throws RangeError for a model that reads stored features */
export function requireBackbone({ config }: LoadedRun): void {
  if (config.model.backbone === null)
    throw new RangeError('generate: the model reads stored features and has no backbone for images');
}

/** What is done about views that are not there, or too many. */
export function viewWarnings(given: number, views: number): string[] {
  if (given === views) return [];
  const images = `${given} image${given === 1 ? '' : 's'} for a model of ${views} view${views === 1 ? '' : 's'}`;
  return given < views
    ? [`${images}: the last one is repeated, as in training`]
    : [`${images}: only the first ${views === 1 ? 'one is' : `${views} are`} used`];
}
