import {
  applyLinear,
  applyNorm,
  attend,
  type DecoderState,
  EVALUATION,
  type KeysValues,
  keysValues,
  type Memory,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { ownNorms } from './layer-stack';
import { readPrefix } from './prefix';
import {
  gathered,
  gatheredMemory,
  kept,
  release,
  releaseMemory,
  type StoredMemory,
  storedMemory,
} from './stored-keys';
import { embed } from './teacher-forcing';
import type { DecoderWeights } from './weights';

/**
 * Keys and values of partly written reports. Those of the memory are computed once a study and shared by its
 * rows as long as every study has the same number of rows, side by side; else they are repeated.
 */
export class CachedState implements DecoderState {
  /** Row → index into the memory's keys and values. */
  private studies: number[];
  /** Tokens fed so far. */
  private length = 0;
  /** Of the studies. */
  private memory: StoredMemory;
  /** Per layer, of the prefix and the tokens fed so far: `[rows, h, q + length, d/h]`. */
  private readonly written: (KeysValues | null)[];

  /** @param prefix `[b, q, d]`, or none */
  constructor(
    private readonly weights: DecoderWeights,
    memory: Memory,
    prefix: tf.Tensor3D | null,
    private readonly maxLength: number,
  ) {
    const { layers } = weights;
    this.studies = Array.from({ length: memory.tokens.shape[0] }, (_, i) => i);
    this.memory = storedMemory(layers, memory);
    this.written = prefix
      ? readPrefix(layers, prefix, this.memory, ownNorms(layers))
      : layers.map(() => null);
  }

  get rows(): number {
    return this.studies.length;
  }

  select(rows: readonly number[]): void {
    const bad = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.rows);
    if (bad !== undefined) {
      throw new RangeError(`select: rows must be integers in [0, ${this.rows}), got ${bad}`);
    }
    if (rows.length === 0) throw new RangeError('select: at least one row must stay');
    if (!isIdentity(rows, this.rows)) {
      this.written.forEach((cache, i) => {
        if (cache) this.written[i] = gathered(cache, rows);
      });
    }
    const next = rows.map((row) => this.studies[row]);
    const stored = this.memory.layers[0].keys.shape[0];
    const wanted = isEven(next) ? [...new Set(next)] : next;
    if (!isIdentity(wanted, stored)) this.memory = gatheredMemory(this.memory, wanted);
    const each = next.length / wanted.length;
    this.studies = next.map((_, i) => Math.floor(i / each));
  }

  /** Feeds one token a row; the next logits `[rows, V]`. */
  step(tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (tokens.length !== this.rows) {
      throw new RangeError(`step: expected one token for each of ${this.rows} rows, got ${tokens.length}`);
    }
    if (this.length >= this.maxLength) {
      throw new RangeError(`step: the decoder writes at most ${this.maxLength} tokens a report`);
    }
    const { layers, norm, output } = this.weights;
    const { memory } = this;
    const ids = Int32Array.from(tokens);
    const logits = tf.tidy(() => {
      let h = embed(this.weights, { ids, shape: [this.rows, 1] }, 0, EVALUATION, this.length);
      layers.forEach(({ selfAttention, crossAttention, positionWise, norms }, i) => {
        const x = applyNorm(norms[0], h);
        h = tf.add(
          h,
          attend(selfAttention, x, this.append(i, keysValues(selfAttention, x)), null, 0, EVALUATION),
        );
        // Rows of one study are queries of one attention: [studies, rows of each, d].
        const shape = h.shape;
        const stored = memory.layers[i];
        const grouped = tf.reshape(applyNorm(norms[1], h), [stored.keys.shape[0], -1, shape[2]]);
        const crossed = attend(crossAttention, grouped as tf.Tensor3D, stored, memory.bias, 0, EVALUATION);
        h = tf.add(h, tf.reshape(crossed, shape));
        h = tf.add(h, positionWise(applyNorm(norms[2], h), 0, EVALUATION));
      });
      const last = applyNorm(norm, tf.reshape(h, [this.rows, -1]) as tf.Tensor2D);
      return applyLinear(output, last);
    });
    this.length++;
    return logits;
  }

  dispose(): void {
    releaseMemory(this.memory);
    for (const cache of this.written) if (cache) release(cache);
    this.written.fill(null);
  }

  /** The cache of layer i with the new token's keys and values at its end. */
  private append(i: number, fresh: KeysValues): KeysValues {
    const old = this.written[i];
    const next = kept(() => ({
      keys: old ? tf.concat([old.keys, fresh.keys], 2) : fresh.keys,
      values: old ? tf.concat([old.values, fresh.values], 2) : fresh.values,
    }));
    if (old) release(old);
    this.written[i] = next;
    return next;
  }
}

const isIdentity = (rows: readonly number[], count: number): boolean =>
  rows.length === count && rows.every((row, i) => row === i);

/** Whether equal studies stand side by side, the same number of each. */
function isEven(studies: readonly number[]): boolean {
  const each = studies.length / new Set(studies).size;
  return Number.isInteger(each) && studies.every((study, i) => study === studies[i - (i % each)]);
}
