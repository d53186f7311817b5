import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { NativeBackend } from './backend';
import type { PooledArray } from './pool';

/** An array with its shape: what a program reads or writes. */
export type Shaped = readonly [dims: readonly number[], data: PooledArray];

/** A finished float32 output. */
export function output(backend: NativeBackend, shape: readonly number[], values: Float32Array): TensorInfo {
  return backend.makeTensorInfo([...shape], 'float32', values);
}

/** True if all tensors are float32 and none is empty: what native kernels take. */
export function allFloat(...tensors: readonly TensorInfo[]): boolean {
  return tensors.every((t) => t.dtype === 'float32' && util.sizeFromShape(t.shape) > 0);
}
