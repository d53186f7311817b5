import * as tf from '@tensorflow/tfjs-core';
import { importOptional, type Load } from './optional';
import type { BackendInfo } from './provider';

/**
 * Starts TensorFlow's own library through `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`, where the user has
 * installed one of them. Both call their tfjs backend `tensorflow`.
 */
export async function startTfjsNode(name: 'tfjs-node' | 'tfjs-node-gpu', load?: Load): Promise<BackendInfo> {
  const { version } = await quietly(() =>
    importOptional<{ version?: Record<string, string> }>(`@tensorflow/${name}`, load),
  );
  if (!tf.findBackendFactory('tensorflow')) {
    throw new Error(`@tensorflow/${name} found another copy of @tensorflow/tfjs-core`);
  }
  if (!(await tf.setBackend('tensorflow'))) throw new Error(`@tensorflow/${name} does not start`);
  const known = version?.['tfjs-node'] ?? version?.tfjs ?? tf.version_core;
  return { name, version: known, simd: true, threads: 0 };
}

/** Without tfjs's word on each kernel that the other of the two packages has registered before. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => {};
  try {
    return await run();
  } finally {
    console.warn = warn;
  }
}
