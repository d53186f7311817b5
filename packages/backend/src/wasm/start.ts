import { getThreadsCount, setThreadsCount, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { quietCpu } from '../cpu';
import type { BackendInfo, ProviderOptions } from '../provider';
import { completeWasm } from './complete';
import type { WasmPaths } from './files';

/**
 * Starts tfjs's WebAssembly backend and completes it for training.
 * @param locate points tfjs at its `.wasm` files, and says what to tell the user if there are none
 */
export async function startWasm(
  options: ProviderOptions,
  locate: (paths?: WasmPaths) => Promise<string>,
): Promise<BackendInfo> {
  const running = tf.engine().registry.wasm !== undefined;
  const wanted = options.threads ?? 1;
  // Our kernels need tfjs's build without threads.
  if (!running && wanted === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!running && wanted > 1) setThreadsCount(wanted);
  quietCpu(); // slow kernels and programs that compare go through it
  const advice = running ? '' : await locate(options.wasmPaths);
  if (!(await tf.setBackend('wasm'))) throw new Error(advice || 'the WebAssembly module did not load');
  await completeWasm();
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
  const threaded = (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')) === true;
  const notice = simd ? undefined : 'wasm runs without vector instructions, several times slower';
  return {
    name: 'wasm',
    version: version_wasm,
    simd,
    threads: threaded ? getThreadsCount() : 1,
    ...(notice && { notice }),
  };
}
