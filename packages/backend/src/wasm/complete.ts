import '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { BINARY_KERNELS, binary } from './binary';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput, maxPoolGrad } from './conv';
import { gather, tile } from './copies';
import { corrections } from './corrections';
import { cpuFallback } from './fallback';
import { loadKernels } from './kernels';
import { batchMatMul, fusedMatMul } from './matmul';
import { batchNorm, exp } from './norm';
import { reduction } from './reduce';
import { unsortedSegmentSum } from './segment-sum';

/** Complex numbers, which the WASM backend cannot store. */
const COMPLEX = ['Complex', 'ComplexAbs', 'FFT', 'IFFT', 'Imag', 'Real'];

/** Kernels that the WASM backend lacks and that are computed on the CPU backend: right and slow. */
const missingKernels = (): string[] =>
  tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => !COMPLEX.includes(name) && tf.getKernel(name, 'wasm') == null);

let completed = false;

/**
 * Gives tfjs's WASM backend what training needs and it lacks, and faster products and convolutions.
 * tfjs's threaded build, and machines without vector instructions, get the missing kernels only, and slow ones.
 * Calling again does nothing, unless the backend was removed and started anew.
 *
 * @throws Error if the WASM backend is not running (`await tf.setBackend('wasm')`)
 * @throws Error if the memory of its module cannot be shared (a changed build of tfjs)
 */
export async function completeWasm(): Promise<void> {
  if (!tf.engine().registry.wasm) throw new Error("completeWasm: await tf.setBackend('wasm') first");
  const backend = tf.engine().registry.wasm as BackendWasm;
  const ours = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true && !isThreaded(backend);
  if (ours) await loadKernels(backend); // the bytes hold vector instructions
  if (completed) return;
  completed = true;
  for (const name of missingKernels()) replaceKernel(cpuFallback(name));
  for (const kernel of corrections()) replaceKernel(kernel);
  if (!ours) {
    for (const name of ['Conv2DBackpropFilter', 'MaxPoolGrad', 'UnsortedSegmentSum'])
      replaceKernel(cpuFallback(name));
    return;
  }
  replaceKernel(batchMatMul());
  replaceKernel(fusedMatMul());
  replaceKernel(conv2d(stock('Conv2D')));
  replaceKernel(conv2d(stock('FusedConv2D')));
  replaceKernel(conv2dBackpropFilter());
  replaceKernel(conv2dBackpropInput());
  replaceKernel(maxPoolGrad());
  replaceKernel(unsortedSegmentSum());
  for (const name of BINARY_KERNELS) replaceKernel(binary(name, stock(name)));
  replaceKernel(reduction('Sum', stock('Sum')));
  replaceKernel(reduction('Mean', stock('Mean')));
  replaceKernel(tile(stock('Tile')));
  replaceKernel(gather(stock('GatherV2')));
  replaceKernel(batchNorm(stock('FusedBatchNorm')));
  replaceKernel(exp(stock('Exp')));
}

/** tfjs's threaded build lives in shared memory, which our module cannot join: stock kernels serve there. */
function isThreaded(backend: BackendWasm): boolean {
  const { HEAPU8 } = backend.wasm as unknown as { HEAPU8: Uint8Array };
  return !(HEAPU8.buffer instanceof ArrayBuffer);
}

function stock(name: string): tf.KernelConfig {
  return tf.getKernel(name, 'wasm');
}

/** Registers a kernel in the place of the one with the same name, if any. */
function replaceKernel(config: tf.KernelConfig): void {
  if (tf.getKernel(config.kernelName, config.backendName)) {
    tf.unregisterKernel(config.kernelName, config.backendName);
  }
  tf.registerKernel(config);
}
