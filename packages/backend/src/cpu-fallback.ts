import * as tf from '@tensorflow/tfjs-core';
import { quietCpu } from './cpu';

/**
 * A kernel for `backendName` that copies its inputs to the CPU backend, computes there and copies the result back.
 * Right and slow: for kernels that no inner loop of a model calls.
 */
export function cpuFallback(kernelName: string, backendName: string): tf.KernelConfig {
  const cpuKernel = tf.getKernel(kernelName, 'cpu');
  if (!cpuKernel) throw new Error(`cpuFallback: the cpu backend has no kernel '${kernelName}'`);
  return {
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const own = backend as tf.KernelBackend;
      const cpu = quietCpu();
      const made: object[] = [];
      const toCpu = (info: tf.TensorInfo): tf.TensorInfo => {
        const dataId = cpu.write(own.readSync(info.dataId), info.shape, info.dtype);
        made.push(dataId);
        return { dataId, shape: info.shape, dtype: info.dtype };
      };
      // Some kernels take a list of inputs where the type says a record, or a record with lists in it.
      const copy = (value: unknown): unknown =>
        Array.isArray(value) ? value.map(copy) : value ? toCpu(value as tf.TensorInfo) : value;
      const copies = Array.isArray(inputs)
        ? copy(inputs)
        : Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, copy(value)]));
      const ordered = copies as tf.NamedTensorInfoMap;
      const result = cpuKernel.kernelFunc({ inputs: ordered, attrs, backend: cpu });
      const outputs = (Array.isArray(result) ? result : [result]).map((info) => {
        made.push(info.dataId);
        const values = cpu.readSync(info.dataId) as tf.backend_util.BackendValues;
        return { dataId: own.write(values, info.shape, info.dtype), shape: info.shape, dtype: info.dtype };
      });
      for (const dataId of new Set(made)) cpu.disposeData(dataId);
      return Array.isArray(result) ? outputs : outputs[0]!;
    },
  };
}
