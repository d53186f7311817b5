import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { type OrtBinding, ortTensor, Program, type SessionOptions } from './binding';
import { GradientPrograms } from './gradient/programs';
import { NotRecordable } from './not-recordable';
import type { Graph } from './onnx-bytes';
import { BufferPool, type PooledArray } from './pool';
import type { Recorder } from './record';
import type { Shaped } from './tensors';

type DataId = TensorInfo['dataId'];
type Values = backend_util.BackendValues;

export interface NativeBackendOptions extends SessionOptions {
  /** Most idle bytes the buffer pool keeps. */
  readonly poolBytes: number;
  /** Elements below which element-wise kernels and transpositions stay in JavaScript. */
  readonly crossover: number;
}

/**
 * The CPU backend of tfjs with pooled output memory and onnxruntime programs. Data stay plain typed arrays, so every
 * CPU kernel works on it unchanged; native kernels replace them one by one.
 */
export class NativeBackend extends MathBackendCPU {
  readonly pool: BufferPool;
  private readonly programs = new Map<string, Program>();

  /** Functions recorded with their gradients. */
  readonly gradients = new GradientPrograms(this);

  /** What to do when the tensor of an empty array is disposed. */
  readonly whenGone = new WeakMap<object, () => void>();

  /** Listens to what runs, while a program is recorded. */
  recorder: Recorder | null = null;

  constructor(
    readonly ort: OrtBinding,
    readonly options: NativeBackendOptions,
  ) {
    super();
    this.pool = new BufferPool(options.poolBytes);
    (this as unknown as { firstUse: boolean }).firstUse = false; // no advice to install tfjs-node
  }

  /** See the option; a recorder wants every kernel as a program. */
  get crossover(): number {
    return this.recorder ? 0 : this.options.crossover;
  }

  /** Compiled programs, one for each operator and its attributes. */
  get sessions(): number {
    return this.programs.size;
  }

  /**
   * Runs the graph known as `key`, compiled at its first use. While a recorder listens it is only noted: recordings are of
   * operators, and nothing may depend on what they compute.
   *
   * @param threads 1 unless the work is arithmetic: a second thread does not move memory faster
   */
  run(
    key: string,
    graph: () => Graph,
    feeds: readonly Shaped[],
    results: readonly Shaped[],
    threads = 1,
  ): void {
    if (this.recorder) {
      this.recorder.ran(graph(), feeds, results);
      return;
    }
    let program = this.programs.get(key);
    if (program === undefined) {
      program = new Program(this.ort, graph(), { threads, spin: this.options.spin });
      this.programs.set(key, program);
    }
    program.run(
      feeds.map(([dims, data]) => ortTensor(dims, data)),
      results.map(([dims, data]) => ortTensor(dims, data)),
    );
  }

  /** An output array with any contents. */
  floats(length: number): Float32Array {
    return this.recorder ? new Float32Array(length) : this.pool.take(Float32Array, length);
  }

  /** The tensor's array. Casts to float32 may leave integers or booleans behind, which are converted here. */
  read32(x: TensorInfo): Float32Array {
    const { values } = this.data.get(x.dataId);
    return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
  }

  /** The tensor's values in an array that no other tensor looks into; they are moved to one where that is not so. */
  own(x: TensorInfo): Float32Array {
    const data = this.data.get(x.dataId);
    const values = this.read32(x);
    if (values.byteLength === values.buffer.byteLength && values === data.values) return values;
    const own = values.slice();
    if (ArrayBuffer.isView(data.values)) this.pool.release(data.values);
    data.values = own;
    return own;
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    if (ArrayBuffer.isView(values)) this.pool.retain(values);
    return super.write(values, shape, dtype);
  }

  override move(dataId: DataId, values: Values, shape: number[], dtype: DataType, refCount: number): void {
    if (ArrayBuffer.isView(values)) this.pool.retain(values);
    super.move(dataId, values, shape, dtype, refCount);
  }

  /** Arrays from the pool leave as copies: the caller may keep them for ever. */
  override readSync(dataId: DataId): Values {
    const values = super.readSync(dataId);
    if (this.recorder?.knows(values)) throw new NotRecordable('a value that was read');
    return ArrayBuffer.isView(values) && this.pool.owns(values) ? (values as PooledArray).slice() : values;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const { values } = this.data.get(dataId);
    const gone = super.disposeData(dataId, force);
    if (gone && ArrayBuffer.isView(values)) {
      this.pool.release(values);
      if (values.byteLength === 0) this.whenGone.get(values)?.();
    }
    return gone;
  }

  override dispose(): void {
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
    this.gradients.dispose();
    this.pool.clear();
    super.dispose();
  }
}
