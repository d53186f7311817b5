import { type FusionInput, type Memory, memoryPart, onlyPresent } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** @throws RangeError unless patches are `[b, p, d]` and masks `[b, r, p]`; r any when null */
export function checkFused(
  who: string,
  { features: { patches }, masks }: FusionInput,
  d: number | null,
  r: number | null,
): void {
  const [b, p, width] = patches.shape;
  if (patches.rank !== 3 || (d !== null && width !== d)) {
    throw new RangeError(`${who}: patches must be [b, p, ${d ?? 'd'}], got [${patches.shape}]`);
  }
  const [rows, regions, places] = masks.shape;
  if (masks.rank !== 3 || rows !== b || places !== p || (r !== null && regions !== r)) {
    throw new RangeError(
      `${who}: masks must be [${b},${r ?? 'r'},${p}] for these patches, got [${masks.shape}]`,
    );
  }
}

/** Patches and masks of a fusion, 0 where a patch is not there. */
export const presentInput = ({ features: { patches, present }, masks }: FusionInput) => ({
  patches: onlyPresent(patches, present, 1),
  masks: onlyPresent(masks, present, 2),
  present,
});

/** What a fusion makes of the patches, as a memory: 0 where a patch is not there. */
export const fusedMemory = (present: tf.Tensor2D | null, fuse: () => tf.Tensor3D): Memory =>
  memoryPart(
    'patches',
    tf.tidy(() => onlyPresent(fuse(), present, 1)),
    present,
  );

/** The mean of each region's patches, 0 where it has none: `[b, r, d]`. */
export function regionMeans(patches: tf.Tensor3D, masks: tf.Tensor3D): tf.Tensor3D {
  return tf.div(tf.matMul(masks, patches), atLeastOne(tf.sum(masks, 2, true))) as tf.Tensor3D;
}

/** For each patch the mean of those regions' vectors that select it, 0 where none does: `[b, p, d]`. */
export function regionsOfPatches(regions: tf.Tensor3D, masks: tf.Tensor3D): tf.Tensor3D {
  const byPatch = tf.transpose(masks, [0, 2, 1]) as tf.Tensor3D;
  return tf.div(tf.matMul(byPatch, regions), atLeastOne(tf.sum(byPatch, 2, true))) as tf.Tensor3D;
}

/** A count of whole numbers, 0 taken as 1. */
const atLeastOne = (count: tf.Tensor): tf.Tensor => tf.add(count, tf.relu(tf.sub(1, count)));
