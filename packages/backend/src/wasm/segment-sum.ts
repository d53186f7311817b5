import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { cpuFallback } from './fallback';
import { kernelsOf, pointer } from './kernels';

/** Sums rows by segment: the gradient of `gather`, so of embeddings. Ids out of range are dropped. */
export function unsortedSegmentSum(): tf.KernelConfig {
  const slow = cpuFallback('UnsortedSegmentSum');
  return {
    ...slow,
    kernelFunc: (args) => {
      const { x, segmentIds } = args.inputs as Record<'x' | 'segmentIds', tf.TensorInfo>;
      const { numSegments } = args.attrs as { numSegments: number };
      const simple = x.dtype === 'float32' && segmentIds.dtype === 'int32' && segmentIds.shape.length === 1;
      if (!simple) return slow.kernelFunc(args);
      const backend = args.backend as BackendWasm;
      const out = backend.makeOutput([numSegments, ...x.shape.slice(1)], 'float32');
      const width = tf.util.sizeFromShape(x.shape.slice(1));
      const [xAt, ids, outAt] = [x, segmentIds, out].map((t) => pointer(backend, t)) as [
        number,
        number,
        number,
      ];
      kernelsOf(backend).run.segmentSum(xAt, ids, outAt, segmentIds.shape[0]!, width, numSegments);
      return out;
    },
  };
}
