import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend';
import { type KernelArgs, type KernelTable, single } from '../kernel';
import { allFloat, output, type Shaped } from '../tensors';

interface ProductAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

/**
 * `a x b` over the last two axes, each transposed on demand, with the leading axes broadcast. The transposition costs
 * nothing: it is a flag of the product.
 */
function matMul({ inputs: { a, b }, attrs, backend }: KernelArgs<ProductAttrs>): TensorInfo | undefined {
  if (!allFloat(a, b)) return undefined;
  const { transposeA, transposeB } = attrs;
  const lead = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, kA] = lastTwo(a.shape, transposeA);
  const [kB, n] = lastTwo(b.shape, transposeB);
  util.assert(kA === kB, () => `matMul: inner sizes must match, got [${a.shape}] and [${b.shape}]`);
  const batches = util.sizeFromShape(lead);
  const y = backend.floats(batches * m * n);
  // One right matrix for all rows: a single large product.
  const flat = !transposeA && util.sizeFromShape(b.shape.slice(0, -2)) === 1;
  const feeds: Shaped[] = [
    [flat ? [util.sizeFromShape(a.shape) / kA, kA] : a.shape, backend.read32(a)],
    [flat ? b.shape.slice(-2) : b.shape, backend.read32(b)],
  ];
  multiply(
    backend,
    feeds[0],
    feeds[1],
    [flat ? [batches * m, n] : [...lead, m, n], y],
    transposeA,
    transposeB,
  );
  return output(backend, [...lead, m, n], y);
}

/** `y = a · b` over the last two axes, each side transposed on demand. */
export function multiply(
  backend: NativeBackend,
  a: Shaped,
  b: Shaped,
  y: Shaped,
  transA = false,
  transB = false,
): void {
  if (backend.recorder && !transA && !transB) {
    // The plain operator: onnxruntime joins it with the addition that follows.
    backend.run('MatMul', () => single('MatMul', 2), [a, b], [y], backend.options.threads);
    return;
  }
  const attributes = { transA: { int: Number(transA) }, transB: { int: Number(transB) } };
  const graph = () => single('FusedMatMul', 2, attributes, { domain: 'com.microsoft' });
  backend.run(
    `matMul ${attributes.transA.int}${attributes.transB.int}`,
    graph,
    [a, b],
    [y],
    backend.options.threads,
  );
}

/** Activations tfjs fuses into products and convolutions, by kernel name. */
const ACTIVATIONS: Record<string, string> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/** Adds the bias and applies the activation of a fused kernel to `x`, which it consumes. */
export function finish(
  x: TensorInfo,
  { inputs, attrs, backend, call }: KernelArgs<ProductAttrs>,
): TensorInfo {
  const { bias, preluActivationWeights } = inputs;
  const { activation = 'linear', leakyreluAlpha } = attrs;
  let current = x;
  const next = (kernel: string, more: Record<string, TensorInfo>, kernelAttrs?: object): void => {
    const before = current;
    current = call(kernel, more, kernelAttrs);
    backend.disposeIntermediateTensorInfo(before);
  };
  if (bias) next('Add', { a: current, b: bias });
  if (activation === 'linear') return current;
  const kernel = ACTIVATIONS[activation];
  if (kernel === undefined) throw new Error(`native backend: unknown activation ${activation}`);
  next(kernel, { x: current, alpha: preluActivationWeights }, { alpha: leakyreluAlpha });
  return current;
}

function fusedMatMul(args: KernelArgs<ProductAttrs>): TensorInfo | undefined {
  const product = matMul(args);
  return product && finish(product, args);
}

const lastTwo = (shape: readonly number[], transposed: boolean): [number, number] => {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
};

export const products: KernelTable = { BatchMatMul: matMul, _FusedMatMul: fusedMatMul };
