import * as tf from '@tensorflow/tfjs-core';
import type { PatchFeatures } from './vision';

/** Some places of a memory that came from one source. */
export interface MemoryPart {
  /** `patches`, `regions`, or what a context module calls its own, such as `indication`. */
  readonly name: string;
  /** First place. */
  readonly from: number;
  /** One after the last place. */
  readonly to: number;
}

/** What the decoder reads. Axes: b batch, m places, d width. */
export interface Memory {
  /** `[b, m, d]` */
  readonly tokens: tf.Tensor3D;
  /**
   * `[b, m]`, 1 or 0: places that are not there are never attended to. Null: all are there. A memory of patches may share
   * this tensor with the features that it was made of.
   */
  readonly present: tf.Tensor2D | null;
  /** Where the places came from, in order and without gaps. `patches` come first, where there are any. */
  readonly parts: readonly MemoryPart[];
}

/** Places of one source. @param present `[b, m]`; null: all are there */
export const memoryPart = (
  name: string,
  tokens: tf.Tensor3D,
  present: tf.Tensor2D | null = null,
): Memory => ({ tokens, present, parts: [{ name, from: 0, to: tokens.shape[1] }] });

/** The patches alone. */
export const patchMemory = ({ patches, present }: Pick<PatchFeatures, 'patches' | 'present'>): Memory =>
  memoryPart('patches', patches, present);

/** Memories one after another. @throws RangeError if rows or widths differ */
export function joinMemories(memories: readonly Memory[]): Memory {
  const [first] = memories;
  if (memories.length === 1) return first;
  const [b, , d] = first.tokens.shape;
  for (const { tokens } of memories) {
    if (tokens.shape[0] !== b || tokens.shape[2] !== d) {
      throw new RangeError(`memory: parts must be [${b}, m, ${d}] like the first, got [${tokens.shape}]`);
    }
  }
  const parts: MemoryPart[] = [];
  let m = 0;
  for (const memory of memories) {
    for (const { name, from, to } of memory.parts) parts.push({ name, from: m + from, to: m + to });
    m += memory.tokens.shape[1];
  }
  const present = memories.every((memory) => memory.present === null)
    ? null
    : tf.concat(
        memories.map(({ tokens, present }) => present ?? tf.ones<tf.Rank.R2>([b, tokens.shape[1]])),
        1,
      );
  return {
    tokens: tf.concat(
      memories.map(({ tokens }) => tokens),
      1,
    ),
    present,
    parts,
  };
}

/** Places of the part of this name as `[from, to]`; null where there is none. */
export function partOf({ parts }: Pick<Memory, 'parts'>, name: string): readonly [number, number] | null {
  const found = parts.find((part) => part.name === name);
  return found ? [found.from, found.to] : null;
}

/** Score bias `[b, 1, 1, m]`: 0 for places that are there, −1e9 for others; null where all are there. */
export function presenceBias(present: tf.Tensor2D | null): tf.Tensor4D | null {
  if (!present) return null;
  const [b, m] = present.shape;
  return tf.reshape(tf.mul(tf.sub(1, present), -1e9), [b, 1, 1, m]) as tf.Tensor4D;
}

/** Frees tokens and presence. */
export const disposeMemory = ({ tokens, present }: Pick<Memory, 'tokens' | 'present'>): void =>
  tf.dispose(present ? [tokens, present] : tokens);

/** @throws RangeError unless tokens are `[b, m, d]` and presence fits them */
export function checkMemory(who: string, { tokens, present }: Memory, d: number): void {
  if (tokens.rank !== 3 || tokens.shape[2] !== d) {
    throw new RangeError(`${who}: memory must be [b, m, ${d}], got [${tokens.shape}]`);
  }
  const [b, m] = tokens.shape;
  if (present && (present.rank !== 2 || present.shape[0] !== b || present.shape[1] !== m)) {
    throw new RangeError(`${who}: presence must be [${b},${m}] for this memory, got [${present.shape}]`);
  }
}
