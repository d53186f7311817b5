import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { kernelsOf, pointer } from './kernels';

/** Batch normalisation by the last axis; other shapes of the moments stay with the `stock` kernel. */
export function batchNorm(stock: tf.KernelConfig): tf.KernelConfig {
  return {
    ...stock,
    kernelFunc: (args) => {
      const { x, mean, variance, offset, scale } = args.inputs as Record<string, tf.TensorInfo>;
      const channels = x!.shape.at(-1) ?? 1;
      const byChannel = [mean, variance, offset, scale].every(
        (t) => t == null || tf.util.arraysEqual(t.shape, [channels]),
      );
      if (!byChannel) return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(x!.shape, 'float32');
      const size = tf.util.sizeFromShape(out.shape);
      if (size === 0) return out;
      const { run, columns } = kernelsOf(backend);
      const [xAt, ...moments] = [x, mean, variance, offset, scale].map((t) => (t ? pointer(backend, t) : 0));
      const epsilon = (args.attrs as { varianceEpsilon: number }).varianceEpsilon;
      run.batchNorm(xAt!, ...moments, epsilon, pointer(backend, out), size / channels, channels, columns);
      return out;
    },
  };
}

/** `exp` four values at a time. */
export function exp(stock: tf.KernelConfig): tf.KernelConfig {
  return {
    ...stock,
    kernelFunc: (args) => {
      const { x } = args.inputs as { x: tf.TensorInfo };
      if (x.dtype !== 'float32') return stock.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput(x.shape, 'float32');
      kernelsOf(backend).run.exp(pointer(backend, x), pointer(backend, out), tf.util.sizeFromShape(x.shape));
      return out;
    },
  };
}
