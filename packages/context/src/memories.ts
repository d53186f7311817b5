import { type Memory, memoryPart, type PatchFeatures } from '@raca/core';
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

/**
 * For each study one of two memories of the same source: the first where `rows` is 1, else the second. Of two lengths the
 * longer one; what the shorter lacks is not there.
 * @param rows `[b]`, 1 or 0
 */
export function eitherMemory(rows: Uint8Array, first: Memory, second: Memory): Memory {
  const m = Math.max(first.tokens.shape[1], second.tokens.shape[1]);
  const choice = tf.tensor2d(Float32Array.from(rows), [rows.length, 1]);
  const chosen = <T extends tf.Tensor>(a: T, b: T, mask: tf.Tensor): T =>
    tf.add(b, tf.mul(mask, tf.sub(a, b)));
  const [x, y] = [first, second].map((memory) => longer(memory, m));
  return memoryPart(
    first.parts[0].name,
    chosen(x.tokens, y.tokens, tf.reshape(choice, [-1, 1, 1])),
    x.present || y.present ? chosen(allIn(x), allIn(y), choice) : null,
  );
}

/** Presence, where it says nothing as ones. */
const allIn = ({ tokens, present }: Memory): tf.Tensor2D =>
  present ?? tf.ones<tf.Rank.R2>([tokens.shape[0], tokens.shape[1]]);

/** The same with places that are not there behind it. */
function longer(memory: Memory, m: number): Memory {
  const extra = m - memory.tokens.shape[1];
  if (extra === 0) return memory;
  return {
    ...memory,
    tokens: tf.pad(memory.tokens, [
      [0, 0],
      [0, extra],
      [0, 0],
    ]),
    present: tf.pad(allIn(memory), [
      [0, 0],
      [0, extra],
    ]),
  };
}
