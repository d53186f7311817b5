import * as tf from '@tensorflow/tfjs-core';
import { quietCpu } from '../cpu';
import { cpuFallback } from '../cpu-fallback';
import type { BackendInfo } from '../provider';

/** Kernels of the CPU backend that WebGPU lacks and that a fallback cannot stand in for: they make no dense tensor. */
const LEFT_OUT = /^(Complex|Real|Imag|String|StaticRegex|Sparse|Ragged|Identity|Reshape|Tensor)/;

/** Starts tfjs's WebGPU backend, which the program must have imported itself, and completes it for training. */
export async function startWebgpu(): Promise<BackendInfo> {
  if (!tf.engine().registryFactory.webgpu) {
    throw new Error("import '@tensorflow/tfjs-backend-webgpu' before asking for it");
  }
  const started = await tf.setBackend('webgpu').catch(() => false);
  if (!started) throw new Error('no usable GPU adapter');
  completeWebgpu();
  // tfjs releases its backends together.
  return { name: 'webgpu', version: tf.version_core, simd: true, threads: 1 };
}

/** Lends the CPU backend's kernels to WebGPU where it has none, so that every gradient can be computed. */
export function completeWebgpu(): void {
  quietCpu();
  for (const name of missingOnWebgpu()) tf.registerKernel(cpuFallback(name, 'webgpu'));
}

/** Kernels that the CPU backend has, WebGPU has not, and that work by copying. */
export function missingOnWebgpu(): string[] {
  return tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => !LEFT_OUT.test(name) && tf.getKernel(name, 'webgpu') == null)
    .sort();
}
