import type { DecoderState, KeysValues, Memory } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerNorm } from './layer-stack';
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
import type { LayerParts } from './weights';

/**
 * What partly written reports need to go on, all of it row by row: keys and values of the memory and of the words
 * fed so far, and one more tensor of the decoder's own.
 */
export class RowState implements DecoderState {
  /** Words fed so far. */
  length = 0;
  /** Of the rows. */
  private stored: StoredMemory;
  /** Per layer, of the prefix and the words: `[rows, h, q + length, d/h]`. */
  private readonly written: (KeysValues | null)[];

  /**
   * @param memory tokens `[b, m, d]` and presence, or keys and values of them, which are the state's from now on
   * @param own the decoder's own tensor, rows first, such as a relational memory; the state's from now on
   */
  constructor(
    private readonly layers: readonly LayerParts[],
    memory: Pick<Memory, 'tokens' | 'present'> | StoredMemory,
    private readonly maxLength: number,
    private own: tf.Tensor3D | null = null,
  ) {
    this.stored = 'layers' in memory ? memory : storedMemory(layers, memory);
    this.written = layers.map(() => null);
    if (own) tf.keep(own);
  }

  get rows(): number {
    return this.stored.layers[0].keys.shape[0];
  }

  get memory(): StoredMemory {
    return this.stored;
  }

  /** Reads embedded words `[rows, q, d]` before the first word. */
  readPrefix(prefix: tf.Tensor3D, norm: LayerNorm): void {
    readPrefix(this.layers, prefix, this.stored, norm).forEach((store, i) => {
      this.written[i] = store;
    });
  }

  /** The decoder's own tensor. */
  get extra(): tf.Tensor3D {
    if (!this.own) throw new Error('decoder state: this decoder keeps no tensor of its own');
    return this.own;
  }

  /** Replaces the decoder's own tensor. */
  set extra(next: tf.Tensor3D) {
    this.own?.dispose();
    this.own = tf.keep(next);
  }

  select(rows: readonly number[]): void {
    const bad = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.rows);
    if (bad !== undefined) {
      throw new RangeError(`select: rows must be integers in [0, ${this.rows}), got ${bad}`);
    }
    if (rows.length === 0) throw new RangeError('select: at least one row must stay');
    if (rows.length === this.rows && rows.every((row, i) => row === i)) return;
    this.stored = gatheredMemory(this.stored, rows);
    this.written.forEach((cache, i) => {
      if (cache) this.written[i] = gathered(cache, rows);
    });
    if (this.own) {
      const old = this.own;
      this.own = tf.keep(tf.tidy(() => tf.gather(old, tf.tensor1d([...rows], 'int32'))));
      old.dispose();
    }
  }

  /** Checks one token a row and counts the step. @throws RangeError */
  feed(tokens: readonly number[] | Int32Array): Int32Array {
    if (tokens.length !== this.rows) {
      throw new RangeError(`step: expected one token for each of ${this.rows} rows, got ${tokens.length}`);
    }
    if (this.length >= this.maxLength) {
      throw new RangeError(`step: the decoder writes at most ${this.maxLength} tokens a report`);
    }
    return Int32Array.from(tokens);
  }

  /** The cache of layer i with the new words' keys and values at its end. */
  append(i: number, fresh: KeysValues): KeysValues {
    const old = this.written[i];
    const next = kept(() => ({
      keys: old ? tf.concat([old.keys, fresh.keys], 2) : tf.clone(fresh.keys),
      values: old ? tf.concat([old.values, fresh.values], 2) : tf.clone(fresh.values),
    }));
    if (old) release(old);
    this.written[i] = next;
    return next;
  }

  dispose(): void {
    releaseMemory(this.stored);
    for (const cache of this.written) if (cache) release(cache);
    this.written.fill(null);
    this.own?.dispose();
    this.own = null;
  }
}
