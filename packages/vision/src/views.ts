import { type Pass, type PatchMap, sizeOfViews, type Views, type VisionBackbone } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The backbone's patches of the pictures that there are, 0 elsewhere: an empty slot costs nothing, and is no part of the
 * batch whose statistics a batch norm takes.
 *
 * @param images `[b, v, H, W, 3]`
 */
export function extractPictures(
  backbone: VisionBackbone,
  images: tf.Tensor5D,
  kinds: Views['kinds'],
  pass: Pass,
): PatchMap {
  const [b, v, ...size] = images.shape;
  const found = kinds.flat().flatMap((kind, slot) => (kind === null ? [] : [slot]));
  if (found.length === b * v) return backbone.extract(images, pass);
  if (found.length === 0) found.push(0); // somebody has to say how many patches there are; nobody looks at them
  const slots = tf.tensor1d(found, 'int32');
  const pictures = tf.gather(tf.reshape(images, [b * v, ...size]), slots);
  const { patches, grid } = backbone.extract(tf.reshape(pictures, [found.length, 1, ...size]), pass);
  const [n, p, d] = patches.shape;
  const places = tf.transpose(tf.cast(tf.oneHot(slots, b * v), 'float32')) as tf.Tensor2D; // [b·v, n]
  const spread = tf.matMul(places, tf.reshape(patches, [n, p * d]) as tf.Tensor2D);
  return { patches: tf.reshape(spread, [b, v * p, d]), grid: { ...grid, views: v } };
}

/** Slots in which some study of the batch has a picture; the first where none has any. */
export function slotsInUse(kinds: Views['kinds']): number[] {
  const slots = (kinds[0] ?? []).flatMap((_, slot) =>
    kinds.some((row) => row[slot] !== null) ? [slot] : [],
  );
  return slots.length > 0 ? slots : [0];
}

/** Views without their other slots. */
export function takeSlots(views: Views, slots: readonly number[]): Views {
  const [b, v] = sizeOfViews(views.input);
  if (slots.length === v) return views;
  const kinds = views.kinds.map((row) => slots.map((slot) => row[slot]));
  const take = (x: tf.Tensor): tf.Tensor => tf.gather(x, tf.tensor1d([...slots], 'int32'), 1);
  if ('images' in views.input) return { input: { images: take(views.input.images) as tf.Tensor5D }, kinds };
  const { patches, grid } = views.input.features;
  const [, p, d] = patches.shape;
  const taken = tf.reshape(take(tf.reshape(patches, [b, v, p / v, d])), [b, -1, d]) as tf.Tensor3D;
  return { input: { features: { patches: taken, grid: { ...grid, views: slots.length } } }, kinds };
}

/** Patches of these slots put among v slots; those of the others are 0. */
export function putSlots({ patches, grid }: PatchMap, slots: readonly number[], v: number): PatchMap {
  if (slots.length === v) return { patches, grid };
  const [b, p, d] = patches.shape;
  const n = p / slots.length;
  // slices, since the gradient of tf.split fails for one part
  const view = (k: number): tf.Tensor =>
    k < 0 ? tf.zeros([b, n, d]) : tf.slice(patches, [0, k * n, 0], [b, n, d]);
  const all = Array.from({ length: v }, (_, slot) => view(slots.indexOf(slot)));
  return { patches: tf.concat(all, 1) as tf.Tensor3D, grid: { ...grid, views: v } };
}
