import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { attentionKernels } from './attention';
import { NativeBackend } from './backend';
import { loadBinding, ORT_VERSION, type OrtBinding } from './binding';
import { fusedKernels } from './fused';
import { tfjsKernel } from './kernel';
import { recordedKernels } from './record';
import { nativeKernels } from './table';

export { nativeKernels } from './table';

/** Options of {@link registerNative}. */
export interface NativeOptions {
  /** Threads inside one operator; default: the processors available, at most 8. */
  readonly threads?: number;
  /** Idle threads wait by spinning; default false. */
  readonly spin?: boolean;
  /** Idle memory kept for reuse, in bytes; default 2 GiB. */
  readonly poolBytes?: number;
  /**
   * Elements below which element-wise kernels and transpositions stay in JavaScript; default 256, from measurement
   * (6 µs a call of onnxruntime against some 30 ns an element in a loop shared by all functions). 0 leaves everything to onnxruntime.
   */
  readonly crossover?: number;
  /** Loads the onnxruntime binding; replaced in tests. */
  readonly load?: () => Promise<OrtBinding>;
}

/** What {@link registerNative} has put in place. */
export interface NativeInfo {
  readonly name: 'native';
  /** Release of onnxruntime-node. */
  readonly version: string;
  readonly threads: number;
  /** tfjs kernels computed by this backend itself; the rest are the CPU backend's. */
  readonly kernels: readonly string[];
}

/**
 * Registers the tfjs backend `native`: the CPU backend with its hot kernels run by onnxruntime. It does not become the
 * current backend; call `tf.setBackend('native')`. A second call replaces nothing and tells about the first.
 *
 * @returns what is there, or why it is not (onnxruntime-node missing, other version, no library for this platform)
 */
export async function registerNative(
  options: NativeOptions = {},
): Promise<NativeInfo | { unavailable: string }> {
  const present = tf.findBackendFactory('native') && tf.findBackend('native');
  if (present instanceof NativeBackend) return describe(present.options.threads);
  const { spin = false, poolBytes = 2 ** 31, crossover = 256, load = loadBinding } = options;
  const threads = options.threads ?? Math.min(availableParallelism(), 8);
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`registerNative: threads must be a positive integer, got ${threads}`);
  }
  let ort: OrtBinding;
  try {
    ort = await load();
  } catch (error) {
    return { unavailable: String((error as Error)?.message ?? error).split('\n')[0] };
  }
  registerKernels();
  // Priority 0: never chosen without being asked for.
  tf.registerBackend('native', () => new NativeBackend(ort, { threads, spin, poolBytes, crossover }), 0);
  return describe(threads);
}

const describe = (threads: number): NativeInfo => ({
  name: 'native',
  version: ORT_VERSION,
  threads,
  kernels: Object.keys(nativeKernels),
});

function registerKernels(): void {
  const all = new Map<string, tf.KernelConfig>();
  const cpu = new Map(tf.getKernelsForBackend('cpu').map((kernel) => [kernel.kernelName, kernel]));
  const native = { ...nativeKernels, ...fusedKernels, ...attentionKernels, ...recordedKernels };
  for (const name of new Set([...cpu.keys(), ...Object.keys(native)])) {
    const kernel = tfjsKernel(name, native[name], cpu.get(name), all);
    all.set(name, kernel);
    tf.registerKernel(kernel);
  }
}
