import type { BoundProgram, DecoderState, KeysValues, Memory, WeightedProgram } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { ownNorms } from './layer-stack';
import { PlacedWords } from './placed-words';
import { readPrefix } from './prefix';
import { BIAS, FIRST_STORE, LOGITS, WORDS } from './step-program';
import {
  gathered,
  gatheredMemory,
  kept,
  release,
  releaseMemory,
  type StoredMemory,
  storedMemory,
} from './stored-keys';
import type { DecoderWeights } from './weights';

/** A partly written report: which study it belongs to and where in that study's cache its words are. */
interface Row {
  /** Place of the study in the caches. */
  readonly study: number;
  readonly positions: readonly number[];
}

/** A program with the caches of the moment. */
interface Bound {
  readonly program: BoundProgram;
  /** Inputs that belong to it alone. */
  readonly own: readonly tf.Tensor[];
  /** The word of each lane, 0 where no row is. */
  readonly ids: Int32Array;
}

const FORBIDDEN = -1e9;
/** Positions by which caches grow. */
const CHUNK = 16;

/**
 * {@link DecoderState} for backends that record programs. All rows of a study share one cache, and a bias tells each
 * row which positions are its own words: a beam that branches costs a list, never a copy of keys. Positions whose
 * beams were given up are used again, so a cache holds little more than one report. A prefix is at the first positions,
 * which belong to all rows of its study.
 */
export class RecordedState implements DecoderState {
  private current: Row[];
  /** Each row's place in the program's `[n, c]` rows. */
  private lanes: readonly number[];
  private length = 0;
  private readonly words: PlacedWords;
  private bound: Bound | null = null;
  /** Per layer `[studies, h, m, w]`; written in place. */
  private written: KeysValues[];
  /** Of the studies. */
  private memory: StoredMemory;

  /**
   * @param prefix `[b, q, d]`, or none
   * @param rowsPerStudy c, most rows of one study
   */
  constructor(
    weights: DecoderWeights,
    private readonly program: WeightedProgram,
    memory: Memory,
    prefix: tf.Tensor3D | null,
    private readonly rowsPerStudy: number,
    private readonly maxLength: number,
  ) {
    const [n, , d] = memory.tokens.shape;
    const { layers } = weights;
    this.words = new PlacedWords(weights.embedding, maxLength);
    const { heads } = layers[0].selfAttention;
    const empty = (): tf.Tensor4D => tf.zeros([n, heads, CHUNK, d / heads]);
    const before = Array.from({ length: prefix ? prefix.shape[1] : 0 }, (_, i) => i);
    this.current = Array.from({ length: n }, (_, study) => ({ study, positions: before }));
    this.lanes = this.placeRows();
    this.memory = storedMemory(layers, memory);
    this.written = prefix
      ? readPrefix(layers, prefix, this.memory, ownNorms(layers))
      : layers.map(() => kept(() => ({ keys: empty(), values: empty() })));
  }

  get rows(): number {
    return this.current.length;
  }

  select(rows: readonly number[]): void {
    const bad = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.rows);
    if (bad !== undefined) {
      throw new RangeError(`select: rows must be integers in [0, ${this.rows}), got ${bad}`);
    }
    if (rows.length === 0) throw new RangeError('select: at least one row must stay');
    const next = rows.map((row) => this.current[row]);
    const counts = new Map<number, number>();
    for (const { study } of next) counts.set(study, (counts.get(study) ?? 0) + 1);
    const most = Math.max(...counts.values());
    if (most > this.rowsPerStudy) {
      throw new RangeError(`select: started for ${this.rowsPerStudy} rows a study, got ${most}`);
    }
    const stay = [...counts.keys()];
    const place = new Map(stay.map((study, i) => [study, i]));
    if (stay.length < this.studies || stay.some((study, i) => study !== i)) this.keepStudies(stay);
    this.current = next.map(({ study, positions }) => ({ study: place.get(study)!, positions }));
    this.lanes = this.placeRows();
  }

  /** Feeds one token a row; the next logits `[rows, V]`. */
  step(tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (tokens.length !== this.rows) {
      throw new RangeError(`step: expected one token for each of ${this.rows} rows, got ${tokens.length}`);
    }
    if (this.length >= this.maxLength) {
      throw new RangeError(`step: the decoder writes at most ${this.maxLength} tokens a report`);
    }
    const { lanes } = this;
    const at = this.freePositions();
    this.bound ??= this.bind();
    const { ids, program } = this.bound;
    ids.fill(0);
    lanes.forEach((lane, row) => {
      ids[lane] = tokens[row];
    });
    this.words.place(ids, this.length, program.inputs[WORDS]);
    this.writeBias(program.inputs[BIAS]);
    program.run();
    this.writeFresh(program, at);
    this.current = this.current.map(({ study, positions }, row) => ({
      study,
      positions: [...positions, at[lanes[row]]],
    }));
    this.length++;
    return this.logits(program.results[LOGITS]);
  }

  dispose(): void {
    this.unbind();
    releaseMemory(this.memory);
    for (const store of this.written) release(store);
  }

  private get studies(): number {
    return this.memory.layers[0].keys.shape[0];
  }

  /** m */
  private get capacity(): number {
    return this.written[0].keys.shape[2];
  }

  /** The program with the caches as they are now. */
  private bind(): Bound {
    const { studies: n, rowsPerStudy: c, capacity: m } = this;
    const words = tf.keep(tf.zeros([n * c, this.words.width]));
    const bias = tf.keep(tf.zeros([n, 1, c, m + c]));
    const stores = [...this.written, ...this.memory.layers].flatMap(({ keys, values }) => [keys, values]);
    const absent = this.memory.bias ? [tf.keep(tf.tile(this.memory.bias, [1, 1, c, 1]))] : [];
    const program = this.program.bind(n, [words, bias, ...stores, ...absent]);
    return { program, own: [words, bias, ...absent], ids: new Int32Array(n * c) };
  }

  private unbind(): void {
    if (this.bound) tf.dispose([...this.bound.own]);
    this.bound = null;
  }

  private keepStudies(stay: readonly number[]): void {
    this.unbind();
    this.written = this.written.map((store) => gathered(store, stay));
    this.memory = gatheredMemory(this.memory, stay);
  }

  private placeRows(): number[] {
    const used = new Array<number>(this.current.length).fill(0);
    return this.current.map(({ study }) => study * this.rowsPerStudy + used[study]++);
  }

  /** A position for the next word of each lane, −1 where no row is; caches grow when a study has none left. */
  private freePositions(): number[] {
    const { studies, rowsPerStudy: c, lanes } = this;
    const limit = this.capacity + c;
    const taken = new Uint8Array(studies * limit);
    for (const { study, positions } of this.current) for (const x of positions) taken[study * limit + x] = 1;
    const at = new Array<number>(studies * c).fill(-1);
    const next = new Array<number>(studies).fill(0); // below it all are taken
    let most = 0;
    this.current.forEach(({ study }, row) => {
      let free = next[study];
      while (taken[study * limit + free] === 1) free++;
      next[study] = free + 1;
      at[lanes[row]] = free;
      most = Math.max(most, free);
    });
    while (most >= this.capacity) this.grow();
    return at;
  }

  private grow(): void {
    this.unbind();
    const longer = (x: tf.Tensor4D): tf.Tensor4D =>
      tf.pad(x, [
        [0, 0],
        [0, 0],
        [0, CHUNK],
        [0, 0],
      ]);
    this.written = this.written.map((store) => {
      const next = kept(() => ({ keys: longer(store.keys), values: longer(store.values) }));
      release(store);
      return next;
    });
  }

  /** `[n, 1, c, m + c]`: 0 at a row's own words, the fresh one included, forbidden elsewhere. */
  private writeBias(values: Float32Array): void {
    const { studies: n, rowsPerStudy: c, capacity: m, lanes } = this;
    values.fill(FORBIDDEN);
    for (let lane = 0; lane < n * c; lane++) values[lane * (m + c) + m + (lane % c)] = 0;
    this.current.forEach(({ positions }, row) => {
      const first = lanes[row] * (m + c);
      for (const x of positions) values[first + x] = 0;
    });
  }

  /** Copies fresh keys and values `[n·c, d]` into the caches `[n, h, m, w]`, at each lane's position. */
  private writeFresh({ inputs, results }: BoundProgram, at: readonly number[]): void {
    const [, h, m, w] = this.written[0].keys.shape;
    for (let store = 0; store < 2 * this.written.length; store++) {
      const from = results[LOGITS + 1 + store];
      const to = inputs[FIRST_STORE + store];
      for (const lane of this.lanes) {
        const first = Math.floor(lane / this.rowsPerStudy) * h;
        for (let k = 0; k < h; k++) {
          const read = (lane * h + k) * w;
          const write = ((first + k) * m + at[lane]) * w;
          for (let i = 0; i < w; i++) to[write + i] = from[read + i];
        }
      }
    }
  }

  /** Those of the rows, in their order: `[rows, V]`. */
  private logits(all: Float32Array): tf.Tensor2D {
    const V = all.length / (this.studies * this.rowsPerStudy);
    const values = new Float32Array(this.rows * V);
    this.lanes.forEach((lane, row) => {
      values.set(all.subarray(lane * V, (lane + 1) * V), row * V);
    });
    return tf.tensor2d(values, [this.rows, V]);
  }
}
