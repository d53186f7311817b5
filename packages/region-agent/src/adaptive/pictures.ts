import type { PatchGrid } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { StudyKinds } from '../prior/kinds';
import type { Atlas } from './atlas';
import { type Body, bodyOf, equalised } from './body';
import { outlined } from './outline';
import type { Picture } from './practice-view';
import { cellGray } from './sharpen';

/** Something of every view of a batch of images `[b, v, H, W, c]`, `[b · v]`; null for empty slots. */
export function ofPictures<T>(
  images: tf.Tensor5D,
  kinds: readonly StudyKinds[],
  read: (picture: Picture, k: number) => T,
): (T | null)[] {
  const [, v, height, width, channels] = images.shape;
  const all = images.dataSync() as Float32Array;
  const size = height * width * channels;
  return kinds.flatMap((row, i) =>
    row.map((kind, j) => {
      const k = i * v + j;
      const values = all.subarray(k * size, (k + 1) * size);
      return kind === null ? null : read({ height, width, channels, values }, k);
    }),
  );
}

/** {@link cellGray} of every view, `[b · v]`. */
export const graysOf = (
  images: tf.Tensor5D,
  { rows, cols }: PatchGrid,
  kinds: readonly StudyKinds[],
): (Float32Array | null)[] => ofPictures(images, kinds, (picture) => cellGray(picture, rows, cols));

/** {@link bodyOf} every view, `[b · v]`. */
export const bodiesOf = (images: tf.Tensor5D, kinds: readonly StudyKinds[]): (Body | null)[] =>
  ofPictures(images, kinds, bodyOf);

/** {@link equalised} images `[b, v, H, W, c]`; empty slots are 0. */
export function equalisedImages(bodies: readonly (Body | null)[], shape: tf.Tensor5D['shape']): tf.Tensor5D {
  const size = shape[2] * shape[3] * shape[4];
  const values = new Float32Array(bodies.length * size);
  bodies.forEach((body, k) => {
    if (body) equalised(body, shape[4], values.subarray(k * size, (k + 1) * size));
  });
  return tf.tensor5d(values, shape);
}

/** {@link outlined} frontal views, `[b · v]`; null for others. */
export const outlinesOf = (
  bodies: readonly (Body | null)[],
  kinds: readonly StudyKinds[],
): (Atlas | null)[] => {
  const all = kinds.flat();
  return bodies.map((body, k) => (body && all[k] === 'frontal' ? outlined(body) : null));
};
