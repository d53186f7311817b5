import {
  type DecoderState,
  type KeysValues,
  keysValues,
  runKernel,
  sinusoidalPositions,
  type WeightedProgram,
  WRITE_CACHE,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { gathered, kept, release } from './stored-keys';
import type { DecoderWeights } from './weights';

/** A partly written report: which study it belongs to and where in that study's cache its words are. */
interface Row {
  /** Place of the study in the caches. */
  readonly study: number;
  readonly positions: readonly number[];
}

const FORBIDDEN = -1e9;

/**
 * {@link DecoderState} for backends that record programs. All rows of a study share one cache of fixed length, and a
 * bias tells each row which positions are its own words: a beam that branches costs a list, never a copy of keys.
 */
export class RecordedState implements DecoderState {
  private current: Row[];
  private length = 0;
  private readonly slots: number;
  /** Per layer `[studies, h, slots, w]`; written in place. */
  private written: KeysValues[];
  /** Per layer `[studies, h, p, w]`. */
  private memory: KeysValues[];
  private freshBias: tf.Tensor4D;

  /** @param rowsPerStudy c, most rows of one study */
  constructor(
    private readonly weights: DecoderWeights,
    private readonly program: WeightedProgram,
    memory: tf.Tensor3D,
    private readonly rowsPerStudy: number,
    private readonly maxLength: number,
  ) {
    const [n, , d] = memory.shape;
    this.slots = maxLength * rowsPerStudy;
    this.freshBias = tf.keep(freshBias(n, rowsPerStudy));
    this.current = Array.from({ length: n }, (_, study) => ({ study, positions: [] }));
    this.memory = weights.layers.map(({ crossAttention }) => kept(() => keysValues(crossAttention, memory)));
    const { heads } = weights.layers[0].selfAttention;
    const empty = (): tf.Tensor4D => tf.zeros([n, heads, this.slots, d / heads]);
    this.written = weights.layers.map(() => kept(() => ({ keys: empty(), values: empty() })));
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
    if (stay.length < this.studies) {
      this.written = this.written.map((store) => gathered(store, stay));
      this.memory = this.memory.map((store) => gathered(store, stay));
      this.freshBias.dispose();
      this.freshBias = tf.keep(freshBias(stay.length, this.rowsPerStudy));
      const place = new Map(stay.map((study, i) => [study, i]));
      this.current = next.map(({ study, positions }) => ({ study: place.get(study)!, positions }));
    } else this.current = next;
  }

  /** Feeds one token a row; the next logits `[rows, V]`. */
  step(tokens: readonly number[] | Int32Array): tf.Tensor2D {
    if (tokens.length !== this.rows) {
      throw new RangeError(`step: expected one token for each of ${this.rows} rows, got ${tokens.length}`);
    }
    if (this.length >= this.maxLength) {
      throw new RangeError(`step: the decoder writes at most ${this.maxLength} tokens a report`);
    }
    const lanes = this.lanes();
    const [n, c] = [this.studies, this.rowsPerStudy];
    const ids = new Int32Array(n * c);
    lanes.forEach((lane, row) => {
      ids[lane] = tokens[row];
    });
    const at = this.length * c;
    const logits = tf.tidy(() => {
      const { embedding } = this.weights;
      const inputs = [
        tf.gather(embedding as unknown as tf.Tensor2D, tf.tensor1d(ids, 'int32')),
        position(n, embedding.shape[1]!, this.length),
        this.cachedBias(lanes),
        this.freshBias,
        ...[...this.written, ...this.memory].flatMap(({ keys, values }) => [keys, values]),
      ];
      const [all, ...made] = this.program.run(n, inputs);
      const caches = this.written.flatMap(({ keys, values }) => [keys, values]);
      const pairs = made.flatMap((fresh, i) => [
        [`cache${i}`, caches[i]],
        [`fresh${i}`, fresh],
      ]);
      runKernel(WRITE_CACHE, Object.fromEntries(pairs), { at });
      const inOrder = lanes.length === n * c && lanes.every((lane, row) => lane === row);
      return (inOrder ? all : tf.gather(all, tf.tensor1d(lanes, 'int32'))) as tf.Tensor2D;
    });
    this.current = this.current.map(({ study, positions }, row) => ({
      study,
      positions: [...positions, at + (lanes[row] % c)],
    }));
    this.length++;
    return logits;
  }

  dispose(): void {
    this.freshBias.dispose();
    for (const store of [...this.written, ...this.memory]) release(store);
  }

  private get studies(): number {
    return this.memory[0].keys.shape[0];
  }

  /** Each row's place in the program's `[n, c]` rows. */
  private lanes(): number[] {
    const used = new Array<number>(this.studies).fill(0);
    return this.current.map(({ study }) => study * this.rowsPerStudy + used[study]++);
  }

  /** `[n, 1, c, slots]`: 0 at a row's own words, forbidden elsewhere. */
  private cachedBias(lanes: readonly number[]): tf.Tensor4D {
    const values = new Float32Array(this.studies * this.rowsPerStudy * this.slots).fill(FORBIDDEN);
    this.current.forEach(({ positions }, row) => {
      for (const position of positions) values[lanes[row] * this.slots + position] = 0;
    });
    return tf.tensor4d(values, [this.studies, 1, this.rowsPerStudy, this.slots]);
  }
}

/** Vectors of position t, one for each study: `[n, d]`. */
function position(n: number, d: number, t: number): tf.Tensor2D {
  const values = new Float32Array(n * d);
  const one = sinusoidalPositions(1, d, t);
  for (let i = 0; i < n; i++) values.set(one, i * d);
  return tf.tensor2d(values, [n, d]);
}

/** `[n, 1, c, c]`: every row sees its own new word only. */
function freshBias(n: number, c: number): tf.Tensor4D {
  const values = new Float32Array(n * c * c).fill(FORBIDDEN);
  for (let i = 0; i < n; i++) for (let j = 0; j < c; j++) values[(i * c + j) * c + j] = 0;
  return tf.tensor4d(values, [n, 1, c, c]);
}
