import type { Random } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { type Affine, IDENTITY } from './affine';
import { ofPictures } from './pictures';
import { type PracticeOptions, practiceView, randomMove, WHOLE, type Window } from './practice-view';
import type { View } from './view';

/** Images that were moved at random. */
export interface Practice {
  /** `[b, v, H, W, c]`; the caller disposes it. */
  readonly images: tf.Tensor5D;
  /** Where each view went, `[b · v]`. */
  readonly moves: readonly Affine[];
  /** What is left within made-up borders, `[b · v]`. */
  readonly windows: readonly Window[];
}

/** Moves every view by itself; empty slots stay, and draw nothing. */
export function practised({ input, kinds }: View, options: PracticeOptions, random: Random): Practice {
  const images = input as tf.Tensor5D;
  const moved = new Float32Array(images.size);
  const done = ofPictures(images, kinds, (picture, k) => {
    const { length } = picture.values;
    const move = randomMove(options, random);
    const out = moved.subarray(k * length, (k + 1) * length);
    return { move, window: practiceView(picture, move, options, random, out) };
  });
  return {
    images: tf.tensor5d(moved, images.shape),
    moves: done.map((one) => one?.move ?? IDENTITY),
    windows: done.map((one) => one?.window ?? WHOLE),
  };
}
