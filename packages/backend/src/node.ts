import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { quietCpu, startCpu } from './cpu';
import { registerNative } from './native';
import { type GraphCompiler, loadGraphCompiler } from './native/graph/compile-graph';
import type { BackendInfo, BackendName, BackendProvider, ProviderOptions } from './provider';
import { DEFAULT_ORDER, parseOrder, startFirst, type UseBackendOptions } from './select';
import { startWasm } from './wasm/start';
import { startWebgpu } from './webgpu';

export {
  type CompiledGraph,
  type GraphCompiler,
  type GraphCompilerOptions,
  loadGraphCompiler,
  type NetworkGraph,
  type ShapedArray,
} from './native/graph/compile-graph';
export type { BackendInfo, BackendName, BackendProvider, ProviderOptions } from './provider';
export type { UseBackendOptions } from './select';
export { completeWasm } from './wasm/complete';

const providers: Partial<Record<BackendName, BackendProvider>> = {
  native: startNative,
  wasm: (options) => {
    findWasmFiles();
    return startWasm(options);
  },
  webgpu: startWebgpu,
  cpu: startCpu,
};

/**
 * Starts the fastest tfjs backend that runs here and completes it for training.
 * `prefer` decides, else the environment variable `RACA_BACKEND` (a name, or names with commas).
 *
 * @throws RangeError if a name is unknown
 * @throws Error if none of the backends starts
 */
export function useBackend(options: UseBackendOptions = {}): Promise<BackendInfo> {
  const asked = options.prefer ?? parseOrder(process.env.RACA_BACKEND);
  return startFirst(asked ?? DEFAULT_ORDER, asked !== undefined, providers, options);
}

let compiler: GraphCompiler | null = null;

/** Compiles whole networks with the threads of the native backend; null while another backend computes. */
export const nativeGraphCompiler = (): GraphCompiler | null =>
  tf.getBackend() === 'native' ? compiler : null;

/** Starts onnxruntime's kernels, where its package and a library for this platform are installed. */
async function startNative({ threads }: ProviderOptions): Promise<BackendInfo> {
  quietCpu();
  const found = await registerNative({ threads });
  if ('unavailable' in found) throw new Error(found.unavailable);
  compiler = await loadGraphCompiler({ threads: found.threads });
  await tf.setBackend('native');
  return { name: 'native', version: found.version, simd: true, threads: found.threads };
}

/** Points tfjs at the .wasm files of the installed package, so that nothing is fetched. */
function findWasmFiles(): void {
  if (tf.engine().registry.wasm) return;
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  const main = createRequire(here).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(dirname(main) + sep);
}
