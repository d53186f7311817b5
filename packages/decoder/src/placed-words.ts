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
  private readonly d: number;

  /** @param embedding `[V, d]`, read now */
  constructor(embedding: tf.Tensor, maxLength: number) {
    this.d = embedding.shape[1]!;
    this.vectors = embedding.dataSync() as Float32Array;
    this.positions = positions(maxLength, this.d);
  }

  /** Vectors of the words at position t: `[ids, d]`. @throws RangeError for an id that is no word */
  rows(ids: Int32Array, t: number): Float32Array {
    const { d, vectors, positions } = this;
    const scale = Math.fround(Math.sqrt(d));
    const out = new Float32Array(ids.length * d);
    ids.forEach((id, row) => {
      if (!(id >= 0 && id * d < vectors.length)) {
        throw new RangeError(`step: tokens must be in [0, ${vectors.length / d}), got ${id}`);
      }
      const [from, to, place] = [id * d, row * d, t * d];
      for (let i = 0; i < d; i++) out[to + i] = Math.fround(vectors[from + i] * scale) + positions[place + i];
    });
    return out;
  }
}
