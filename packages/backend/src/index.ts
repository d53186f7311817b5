import { startCpu } from './cpu';
import type { BackendInfo } from './provider';
import { DEFAULT_ORDER, startFirst, type UseBackendOptions } from './select';
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

/**
 * Starts the fastest tfjs backend that runs here and completes it for training. In Node, import it
 * from `@raca/backend/node`, which adds native compute and the variable `RACA_BACKEND`.
 *
 * @throws RangeError if a name in `prefer` is unknown
 * @throws Error if none of the backends starts
 */
export function useBackend(options: UseBackendOptions = {}): Promise<BackendInfo> {
  const providers = { wasm: startWasm, webgpu: startWebgpu, cpu: startCpu };
  const order = options.prefer ?? DEFAULT_ORDER;
  return startFirst(order, options.prefer !== undefined, providers, options);
}
