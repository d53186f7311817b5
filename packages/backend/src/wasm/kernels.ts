import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';
import { KERNELS_BASE64 } from './kernels.bytes';

/** What `assembly/` exports. Pointers are byte offsets into the heap of the tfjs module. */
interface Exports {
  gemmScratchBytes(): number;
  gemm(
    ...args: [
      ...sizes: [m: number, n: number, k: number],
      ...a: [pointer: number, rowStride: number, columnStride: number],
      ...b: [pointer: number, rowStride: number, columnStride: number],
      ...c: [pointer: number, rowStride: number, accumulate: number, scratch: number],
    ]
  ): void;
  addBiasRelu(c: number, bias: number, m: number, n: number, relu: number): void;
  segmentSum(x: number, segment: number, out: number, count: number, width: number, segments: number): void;
  binary(
    ...args: [
      ...sizes: [op: number, m: number, n: number],
      ...a: [pointer: number, rowStride: number, columnStride: number],
      ...b: [pointer: number, rowStride: number, columnStride: number],
      out: number,
    ]
  ): void;
  sum(
    x: number,
    out: number,
    outer: number,
    reduce: number,
    inner: number,
    scale: number,
    scratch: number,
  ): void;
  repeat(x: number, out: number, outer: number, block: number, times: number): void;
  gather(
    x: number,
    ids: number,
    out: number,
    outer: number,
    size: number,
    count: number,
    inner: number,
  ): number;
  batchNorm(...args: number[]): void;
  exp(x: number, out: number, n: number): void;
  convShape(...sizes: number[]): void;
  conv2d(...args: number[]): void;
  conv2dFilterGradient(...args: number[]): void;
  conv2dInputGradient(...args: number[]): void;
  maxPoolGradient(b: number, x: number, dy: number, dx: number): void;
}

/** Our kernels on the heap of one tfjs WASM backend: they read and write its tensors in place. */
export interface Kernels {
  readonly run: Exports;
  /** Scratch memory of `gemm`. */
  readonly scratch: number;
  /** Scratch memory for unrolled patches, {@link COLUMN_FLOATS} floats. */
  readonly columns: number;
}

/** Size of the memory for unrolled patches: 4 MB, so that 512 channels and 3 x 3 filters fill tiles. */
export const COLUMN_FLOATS = 1 << 20;

/** The parts of Emscripten's module that we use. */
interface TfjsModule {
  readonly HEAPU8: Uint8Array;
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  _malloc(bytes: number): number;
}

const instances = new WeakMap<BackendWasm, Kernels>();

/** Compiles our module and joins it to the heap of `backend`. */
export async function loadKernels(backend: BackendWasm): Promise<void> {
  if (instances.has(backend)) return;
  const tfjs = backend.wasm as unknown as TfjsModule;
  const binary = Uint8Array.from(atob(KERNELS_BASE64), (c) => c.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory: memoryOf(tfjs) } });
  const run = instance.exports as unknown as Exports;
  const allocate = (bytes: number): number => tfjs._malloc(bytes) >>> 0;
  instances.set(backend, {
    run,
    scratch: allocate(run.gemmScratchBytes()),
    columns: allocate(COLUMN_FLOATS * 4),
  });
}

/** Our kernels for `backend`, loaded before. */
export function kernelsOf(backend: BackendWasm): Kernels {
  const kernels = instances.get(backend);
  if (!kernels) throw new Error('wasm backend: started anew, call completeWasm() again');
  return kernels;
}

/** Where the values of a tensor lie in the heap. */
export function pointer(backend: BackendWasm, info: tf.TensorInfo): number {
  return backend.dataIdMap.get(info.dataId).memoryOffset;
}

function memoryOf(tfjs: TfjsModule): WebAssembly.Memory {
  const memory = tfjs.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory) || memory.buffer !== tfjs.HEAPU8.buffer) {
    throw new Error('completeWasm: this build of tfjs-backend-wasm does not share its memory');
  }
  return memory;
}
