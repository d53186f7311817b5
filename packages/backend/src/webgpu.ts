import * as tf from '@tensorflow/tfjs-core';
import type { BackendInfo } from './provider';

/** Starts tfjs's WebGPU backend, which the program must have imported itself. */
export async function startWebgpu(): Promise<BackendInfo> {
  if (!tf.engine().registryFactory.webgpu) {
    throw new Error("import '@tensorflow/tfjs-backend-webgpu' before asking for it");
  }
  if (!(await tf.setBackend('webgpu'))) throw new Error('no usable GPU adapter');
  return { name: 'webgpu', version: tf.version_core, simd: true, threads: 1 };
}
