import * as tf from '@tensorflow/tfjs-core';
import { startCpu } from './cpu';
import type { BackendInfo, ProviderOptions } from './provider';
import { DEFAULT_ORDER, startFirst, type UseBackendOptions } from './select';
import { locateWasm } from './wasm/files';
import { startWasm } from './wasm/start';
import { startWebgpu } from './webgpu/start';

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

/**
 * Starts the fastest tfjs backend that runs here and completes it for training. In Node, import it
 * from `@raca/backend/node`, which adds native compute and the variable `RACA_BACKEND`.
 *
 * In browsers the `.wasm` files of `@tensorflow/tfjs-backend-wasm` must be served: webpack and Vite see to it, `wasmPaths` says
 * where they are otherwise.
 *
 * @throws RangeError if a name in `prefer` is unknown
 * @throws Error if none of the backends starts
 */
export function useBackend(options: UseBackendOptions = {}): Promise<BackendInfo> {
  // in Node tfjs finds the files itself
  const locate = tf.env().getBool('IS_NODE') ? async () => '' : locateWasm;
  const wasm = (o: ProviderOptions) => startWasm(o, locate);
  const providers = { wasm, webgpu: startWebgpu, cpu: startCpu };
  const order = options.prefer ?? DEFAULT_ORDER;
  return startFirst(order, options.prefer !== undefined, providers, options);
}
