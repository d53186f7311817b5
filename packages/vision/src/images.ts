import type { PatchMap } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** `[b, v, H, W, 3]` → `[b·v, H, W, 3]`: a convolutional network sees each view as an image of its own. */
export function splitViews(images: tf.Tensor5D): tf.Tensor4D {
  const [b, v, h, w, channels] = images.shape;
  if (channels !== 3) {
    throw new RangeError(`images must have shape [b, v, H, W, 3], got [${images.shape}]`);
  }
  return tf.reshape(images, [b * v, h, w, channels]);
}

/** Feature maps `[b·v, rows, cols, d]` → patches `[b, v·rows·cols, d]`: view by view, row by row. */
export function joinViews(maps: tf.Tensor4D, views: number): PatchMap {
  const [n, rows, cols, d] = maps.shape;
  const patches = tf.reshape(maps, [n / views, views * rows * cols, d]) as tf.Tensor3D;
  return { patches, grid: { views, rows, cols } };
}

/** `tf.tidy` for patches. */
export function tidyPatches(run: () => PatchMap): PatchMap {
  let rest: PatchMap | undefined;
  const patches = tf.tidy(() => {
    rest = run();
    return rest.patches;
  });
  return { ...rest!, patches };
}

/**
 * Runs a network whose weights are fixed: while gradients are recorded, the tape sees one operation without
 * saved tensors, so intermediate results are freed as in inference.
 */
export function outsideTape(run: (x: tf.Tensor4D) => tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D {
  const op = tf.customGrad((input) => ({
    value: run(input as tf.Tensor4D),
    gradFunc: () => {
      throw new Error('a frozen backbone has no gradient towards its images');
    },
  }));
  return op(x) as tf.Tensor4D;
}
