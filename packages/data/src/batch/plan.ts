import { Random } from '@raca/core/random';
import type { Draws } from '../image/transform';

/** What fixes the order and the augmentation of one pass through a split. */
export interface Pass {
  readonly seed: number;
  readonly epoch: number;
}

/** The order of `count` studies: by (seed, epoch) alone, so that any cursor can be returned to. */
export function epochOrder(count: number, { seed, epoch }: Pass, shuffle: boolean): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  return shuffle ? new Random(seed).split(`order ${epoch}`).shuffle(order) : order;
}

/** The draws that place each view of one study: by (seed, epoch, study) alone, whoever computes them and when. */
export function augmentationDraws({ seed, epoch }: Pass, study: number, views: number): Draws[] {
  const random = new Random(seed).split(`augment ${epoch} ${study}`);
  return Array.from({ length: views }, () => [random.next(), random.next(), random.next()]);
}
