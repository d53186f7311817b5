import type { Memory, PatchFeatures } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** `tf.tidy` for memories. */
export function tidyMemory(run: () => Memory): Memory {
  let parts: Memory['parts'] = [];
  const [tokens, present] = tf.tidy(() => {
    const memory = run();
    parts = memory.parts;
    return memory.present ? [memory.tokens, memory.present] : [memory.tokens];
  });
  return { tokens: tokens as tf.Tensor3D, present: (present as tf.Tensor2D | undefined) ?? null, parts };
}

/** @throws RangeError unless patches are `[b, p, d]` */
export function checkCurrent(who: string, { patches }: PatchFeatures, d: number): void {
  if (patches.rank !== 3 || patches.shape[2] !== d) {
    throw new RangeError(`${who}: patches must be [b, p, ${d}], got [${patches.shape}]`);
  }
}
