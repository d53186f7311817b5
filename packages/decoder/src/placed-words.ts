import { sinusoidalPositions } from '@raca/core';
import type * as tf from '@tensorflow/tfjs-core';

/** Positions of reports, by width: `[t, d]` each. */
const known = new Map<number, Float32Array>();

/** The first `length` positions at least. */
function positions(length: number, d: number): Float32Array {
  const found = known.get(d);
  if (found !== undefined && found.length >= length * d) return found;
  const made = sinusoidalPositions(length, d, 0);
  known.set(d, made);
  return made;
}

/** Words as the decoder reads them, `√d · embedding + position`: for the few rows of a step kernels cost more than the work. */
export class PlacedWords {
  private readonly vectors: Float32Array;
  private readonly positions: Float32Array;
  /** d */
  readonly width: number;

  /** @param embedding `[V, d]`, read now */
  constructor(embedding: tf.Tensor, maxLength: number) {
    this.width = embedding.shape[1]!;
    this.vectors = embedding.dataSync() as Float32Array;
    this.positions = positions(maxLength, this.width);
  }

  /** Writes the vectors of words at position t into `out`, `[ids, d]`. @throws RangeError for an id that is no word */
  place(ids: Int32Array, t: number, out: Float32Array): void {
    const { width: d, vectors, positions } = this;
    const scale = Math.fround(Math.sqrt(d));
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row];
      if (id < 0 || id * d >= vectors.length) {
        throw new RangeError(`step: tokens must be in [0, ${vectors.length / d}), got ${id}`);
      }
      const [from, to, place] = [id * d, row * d, t * d];
      for (let i = 0; i < d; i++) out[to + i] = Math.fround(vectors[from + i] * scale) + positions[place + i];
    }
  }
}
