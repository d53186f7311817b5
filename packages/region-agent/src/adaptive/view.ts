import type { PatchGrid } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { StudyKinds } from '../prior/kinds';
import type { Atlas } from './atlas';
import type { Body } from './body';
import type { AdaptiveOptions } from './config';
import type { Sight } from './eyes-policy';
import { bodiesOf, equalisedImages, graysOf, outlinesOf } from './pictures';

/** What the agent looks at, and what is known of it. */
export interface View extends Sight {
  readonly grid: PatchGrid;
  /** What each view of each study shows, `[b][v]`; null: an empty slot. */
  readonly kinds: readonly StudyKinds[];
  /** `[b, p]`; null: all patches are there. */
  readonly present: Float32Array | null;
  /** The bodies it shows `[b · v]`, where they are asked for; null in empty slots. */
  readonly bodies: readonly (Body | null)[] | null;
}

/** A view of patches. The caller disposes its input. */
export const viewOfPatches = (
  patches: tf.Tensor3D,
  shown: Pick<View, 'grid' | 'kinds' | 'present'>,
): View => ({ ...shown, ...sight(shown.grid), input: tf.clone(patches), bodies: null });

/** A view of images. The caller disposes its input. @param learning whether outlines may be asked for */
export function viewOfImages(
  images: tf.Tensor5D,
  shown: Pick<View, 'grid' | 'kinds' | 'present'>,
  { equalise, outline }: Pick<AdaptiveOptions, 'equalise' | 'outline'>,
  learning: boolean,
): View {
  const bodies = equalise || (outline && learning) ? bodiesOf(images, shown.kinds) : null;
  const input = bodies && equalise ? equalisedImages(bodies, images.shape) : tf.clone(images);
  return { ...shown, ...sight(shown.grid), input, bodies };
}

/** What an image itself shows of its regions, `[b · v]`; null where nothing is asked of it. */
export interface Shown {
  readonly grays: readonly (Float32Array | null)[] | null;
  readonly outlines: readonly (Atlas | null)[] | null;
}

/**
 * @param images that were chosen on, moved or not
 * @param view of the images before a move: outlines move along
 */
export function shownBy(
  images: tf.Tensor5D,
  { bodies, grid, kinds }: View,
  { sharpen, outline }: Pick<AdaptiveOptions, 'sharpen' | 'outline'>,
): Shown {
  const fits = sharpen === 'rewards' || sharpen === 'both';
  return {
    grays: fits ? graysOf(images, grid, kinds) : null,
    outlines: bodies && outline ? outlinesOf(bodies, kinds) : null,
  };
}

const sight = ({ views, rows, cols }: PatchGrid): Pick<Sight, 'views' | 'patches'> => ({
  views,
  patches: rows * cols,
});
