import type { KernelConfig, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from './backend';
import type { Attribute, ElementType, Graph } from './onnx-bytes';

/** Tensors by the names tfjs gives a kernel's inputs. */
export type Inputs = Record<string, TensorInfo>;

/** What a kernel gets; `cpu` runs another kernel of the table or, where there is none, of the CPU backend. */
export interface KernelArgs<A = NamedAttrMap> {
  readonly inputs: Inputs;
  readonly attrs: A;
  readonly backend: NativeBackend;
  readonly call: (kernel: string, inputs: Inputs, attrs?: object) => TensorInfo;
}

/** Computes the output, or returns undefined where the CPU kernel should do it (other types, empty tensors). */
// biome-ignore lint/suspicious/noExplicitAny: each kernel knows the attributes that tfjs passes it
export type NativeKernel = (args: KernelArgs<any>) => TensorInfo | TensorInfo[] | undefined;

/** Kernels by tfjs kernel name. */
export type KernelTable = Readonly<Record<string, NativeKernel>>;

const NAMES = ['a', 'b', 'c', 'd'];

/** The graph of one operator with inputs a, b, … and output y. */
export function single(
  op: string,
  inputs: number | readonly ElementType[],
  attributes: Record<string, Attribute> = {},
  { output = 'float32' as ElementType, domain }: { output?: ElementType; domain?: string } = {},
): Graph {
  const types = typeof inputs === 'number' ? Array<ElementType>(inputs).fill('float32') : inputs;
  const names = types.map((_, i) => NAMES[i]);
  return {
    nodes: [{ op, inputs: names, outputs: ['y'], attributes, domain }],
    inputs: Object.fromEntries(names.map((name, i) => [name, types[i]])),
    outputs: { y: output },
  };
}

/** The tfjs kernel `kernelName` that tries `native` and falls back to `cpu`; kernels find each other in `all`. */
export function tfjsKernel(
  kernelName: string,
  native: NativeKernel | undefined,
  cpu: KernelConfig | undefined,
  all: ReadonlyMap<string, KernelConfig>,
): KernelConfig {
  if (native === undefined) {
    const kernelFunc: KernelConfig['kernelFunc'] = (args) => {
      const result = cpu!.kernelFunc(args);
      const backend = args.backend as NativeBackend;
      const made = Array.isArray(result) ? result : [result];
      backend.recorder?.check(kernelName, Object.values(args.inputs as Inputs), made, backend);
      return result;
    };
    return { ...cpu!, backendName: 'native', kernelFunc };
  }
  const kernelFunc: KernelConfig['kernelFunc'] = (args) => {
    const backend = args.backend as NativeBackend;
    const call: KernelArgs['call'] = (name, inputs, attrs = {}) => {
      const next = all.get(name);
      if (next === undefined) throw new Error(`native backend: no kernel ${name}`);
      return next.kernelFunc({ inputs, backend, attrs: attrs as NamedAttrMap }) as TensorInfo;
    };
    const inputs = args.inputs as Inputs;
    const result = native({ inputs, attrs: args.attrs ?? {}, backend, call }) ?? cpu?.kernelFunc(args);
    if (result === undefined) throw new Error(`native backend: ${kernelName} cannot take these inputs`);
    backend.recorder?.check(
      kernelName,
      Object.values(inputs),
      Array.isArray(result) ? result : [result],
      backend,
    );
    return result;
  };
  return { ...cpu, kernelName, backendName: 'native', kernelFunc };
}
