import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { BackendInfo } from './provider';

/** Starts tfjs's plain JavaScript backend: right, and some hundred times slower than the others. */
export async function startCpu(): Promise<BackendInfo> {
  quietCpu();
  await tf.setBackend('cpu');
  const notice = 'the cpu backend is plain JavaScript, about 100 times slower than wasm: for tests only';
  return { name: 'cpu', version: version_cpu, simd: false, threads: 1, notice };
}

/** The CPU backend, made on first use, without its advice on the console. */
export function quietCpu(): tf.KernelBackend {
  const cpu = tf.engine().findBackend('cpu');
  if (!cpu) throw new Error('cpu backend: not registered');
  (cpu as unknown as { firstUse: boolean }).firstUse = false;
  return cpu;
}
