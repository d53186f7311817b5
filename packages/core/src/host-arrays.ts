import * as tf from '@tensorflow/tfjs-core';

/** A backend whose tensors are typed arrays of this process, used again when a tensor is gone; as the native one. */
interface HostBackend {
  read32(x: tf.TensorInfo): Float32Array;
  floats(length: number): Float32Array;
}

const host = (): Partial<HostBackend> => tf.backend() as unknown as Partial<HostBackend>;

/**
 * The values of a float32 tensor, for reading at once: in place where the backend can, which spares a copy and the
 * garbage collector. Neither to be changed nor to be kept: the memory may hold something else when the tensor is gone.
 * Needs a backend that reads synchronously.
 */
export const borrowed = (x: tf.Tensor): Float32Array => host().read32?.(x) ?? (x.dataSync() as Float32Array);

/** An array for the values of a new tensor, with ANY contents: memory used before where the backend keeps some. */
export const arrayForTensor = (length: number): Float32Array =>
  host().floats?.(length) ?? new Float32Array(length);
