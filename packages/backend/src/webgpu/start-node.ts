import * as tf from '@tensorflow/tfjs-core';
import { importOptional } from '../optional';
import type { BackendInfo } from '../provider';
import { type DawnPackage, provideGpu, readWithoutCanvas } from './node-gpu';
import { startWebgpu } from './start';

/**
 * Starts WebGPU in Node: Dawn from the package `webgpu`, kernels from `@tensorflow/tfjs-backend-webgpu`, both installed
 * by the user. Which driver computes is Vulkan's business (`VK_ICD_FILENAMES` names one).
 */
export async function startNodeWebgpu(): Promise<BackendInfo> {
  const dawn = await importOptional<DawnPackage>('webgpu');
  provideGpu(dawn);
  const { gpu } = globalThis.navigator as unknown as { gpu: { requestAdapter(): Promise<object | null> } };
  if (!(await gpu.requestAdapter())) throw new Error('no GPU adapter (VK_ICD_FILENAMES may name a driver)');
  await importOptional('@tensorflow/tfjs-backend-webgpu');
  if (!tf.findBackendFactory('webgpu'))
    throw new Error('@tensorflow/tfjs-backend-webgpu found another copy of @tensorflow/tfjs-core');
  const before = tf.engine().registry.webgpu;
  const info = await startWebgpu();
  const backend = tf.engine().registry.webgpu;
  if (backend !== before) readWithoutCanvas(backend);
  await new Promise((resolve) => setTimeout(resolve, 5)); // until Dawn's own event loop rests
  return info;
}
