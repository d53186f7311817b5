import type { PatchGrid } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { ViewKind } from '../prior/anatomical-prior';
import type { Atlas } from './atlas';
import { type Body, bodyOf, equalised } from './body';
import { outlined } from './outline';
import type { Picture } from './practice-view';
import { cellGray } from './sharpen';

/** Views of a batch of images `[b, v, H, W, c]` one by one, `[b · v]`. */
function picturesOf(images: tf.Tensor5D): Picture[] {
  const [b, v, height, width, channels] = images.shape;
  const all = images.dataSync() as Float32Array;
  const size = height * width * channels;
  return Array.from({ length: b * v }, (_, k) => ({
    height,
    width,
    channels,
    values: all.subarray(k * size, (k + 1) * size),
  }));
}

/** {@link cellGray} of every view, `[b · v]`. */
export const graysOf = (images: tf.Tensor5D, { rows, cols }: PatchGrid): Float32Array[] =>
  picturesOf(images).map((picture) => cellGray(picture, rows, cols));

/** {@link bodyOf} every view, `[b · v]`. */
export const bodiesOf = (images: tf.Tensor5D): Body[] => picturesOf(images).map(bodyOf);

/** {@link equalised} images `[b, v, H, W, c]`. */
export function equalisedImages(bodies: readonly Body[], shape: tf.Tensor5D['shape']): tf.Tensor5D {
  const size = shape[2] * shape[3] * shape[4];
  const values = new Float32Array(bodies.length * size);
  bodies.forEach((body, k) => {
    equalised(body, shape[4], values.subarray(k * size, (k + 1) * size));
  });
  return tf.tensor5d(values, shape);
}

/** {@link outlined} frontal views, `[b · v]`; null for others. */
export const outlinesOf = (
  bodies: readonly Body[],
  views: number,
  kinds: readonly ViewKind[],
): (Atlas | null)[] => bodies.map((body, k) => (kinds[k % views] === 'frontal' ? outlined(body) : null));
