import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { quietCpu, startCpu } from './cpu';
import { registerNative } from './native';
import { type GraphCompiler, loadGraphCompiler } from './native/graph/compile-graph';
import {
  BACKENDS,
  type BackendInfo,
  type BackendName,
  type BackendProvider,
  type ProviderOptions,
} from './provider';
import {
  DEFAULT_ORDER,
  firstLine,
  parseOrder,
  parseThreads,
  startFirst,
  type UseBackendOptions,
} from './select';
import { startTfjsNode } from './tfjs-node';
import type { WasmPaths } from './wasm/files';
import { startWasm } from './wasm/start';
import { startNodeWebgpu } from './webgpu/start-node';

export {
  type CompiledGraph,
  type GraphCompiler,
  type GraphCompilerOptions,
  loadGraphCompiler,
  type NetworkGraph,
  type ShapedArray,
} from './native/graph/compile-graph';
export {
  BACKENDS,
  type BackendInfo,
  type BackendName,
  type BackendProvider,
  type ProviderOptions,
} from './provider';
export type { UseBackendOptions } from './select';
export { DEFAULT_ORDER } from './select';
export { completeWasm } from './wasm/complete';
export type { WasmPaths } from './wasm/files';

const providers: Partial<Record<BackendName, BackendProvider>> = {
  native: startNative,
  wasm: (options) => startWasm(options, findWasmFiles),
  webgpu: startNodeWebgpu,
  'tfjs-node-gpu': () => startTfjsNode('tfjs-node-gpu'),
  'tfjs-node': () => startTfjsNode('tfjs-node'),
  cpu: startCpu,
};

/**
 * Starts the fastest tfjs backend that runs here and completes it for training.
 * `prefer` decides, else the environment variable `RACA_BACKEND` (a name, or names with commas); likewise `threads`,
 * else `RACA_THREADS`.
 *
 * @throws RangeError if a name is unknown or `RACA_THREADS` is not a number of threads
 * @throws Error if none of the backends starts
 */
export async function useBackend(options: UseBackendOptions = {}): Promise<BackendInfo> {
  const asked = options.prefer ?? parseOrder(process.env.RACA_BACKEND);
  const threads = options.threads ?? parseThreads(process.env.RACA_THREADS);
  return startFirst(asked ?? DEFAULT_ORDER, asked !== undefined, providers, { ...options, threads });
}

let compiler: GraphCompiler | null = null;

/** Compiles whole networks with the threads of the native backend; null while another backend computes. */
export const nativeGraphCompiler = (): GraphCompiler | null =>
  tf.getBackend() === 'native' ? compiler : null;

/** Whether a backend starts here. */
export type BackendState =
  | { readonly name: BackendName; readonly available: true; readonly info: BackendInfo }
  | { readonly name: BackendName; readonly available: false; readonly reason: string };

/** Tries every backend, leaving the one in use as it is. */
export async function listBackends(): Promise<BackendState[]> {
  const used = tf.getBackend();
  const states: BackendState[] = [];
  for (const name of BACKENDS) {
    try {
      states.push({ name, available: true, info: await providers[name]!({}) });
    } catch (error) {
      states.push({ name, available: false, reason: firstLine(error) });
    }
  }
  if (used) await tf.setBackend(used);
  return states;
}

/** Starts onnxruntime's kernels, where its package and a library for this platform are installed. */
async function startNative({ threads }: ProviderOptions): Promise<BackendInfo> {
  quietCpu();
  const found = await registerNative({ threads });
  if ('unavailable' in found) throw new Error(found.unavailable.replace(/ imported from .*/, '')); // no paths
  compiler = await loadGraphCompiler({ threads: found.threads });
  await tf.setBackend('native');
  return { name: 'native', version: found.version, simd: true, threads: found.threads };
}

/** Points tfjs at the given .wasm files, or those of the installed package, so that nothing is fetched. */
async function findWasmFiles(paths?: WasmPaths): Promise<string> {
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(paths ?? dirname(main) + sep);
  return '';
}
