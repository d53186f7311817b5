import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { cpuFallback } from './fallback';

/** Kernels that the WASM backend lacks and that are computed on the CPU backend: right and slow. */
export const SLOW_KERNELS: readonly string[] = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'Einsum',
  'UnsortedSegmentSum',
];

let completed = false;

/**
 * Gives tfjs's WASM backend what training needs and it lacks. The WASM backend must be running
 * (`await tf.setBackend('wasm')`); calling again does nothing.
 */
export async function completeWasm(): Promise<void> {
  if (completed) return;
  completed = true;
  for (const name of SLOW_KERNELS) replaceKernel(cpuFallback(name));
}

/** Registers a kernel in the place of the one with the same name, if any. */
function replaceKernel(config: tf.KernelConfig): void {
  if (tf.getKernel(config.kernelName, config.backendName)) {
    tf.unregisterKernel(config.kernelName, config.backendName);
  }
  tf.registerKernel(config);
}
