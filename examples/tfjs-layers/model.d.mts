import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

export const WORDS: readonly string[];
export function pictures(): { images: tf.Tensor; tokens: tf.Tensor2D };
export function makeModel(): tfl.LayersModel;
export function train(
  model: tfl.LayersModel,
  data: ReturnType<typeof pictures>,
  epochs: number,
): Promise<number[]>;
export function write(model: tfl.LayersModel, images: tf.Tensor): Promise<string[]>;
export function savedAndLoaded(model: tfl.LayersModel): Promise<tfl.LayersModel>;
