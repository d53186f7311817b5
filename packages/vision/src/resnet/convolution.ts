import type { Initializer, Parameters } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvSpec } from './architecture';
import { affine, type BatchNorm, batchNorm, EPSILON, normaliseBatch } from './batch-norm';

/** A convolution `[k, k, in, out]` without bias and its batch norm. */
export interface Convolution {
  readonly spec: ConvSpec;
  readonly filter: tf.Variable;
  readonly bn: BatchNorm;
}

/** One filter and one bias that do the work of convolution and batch norm in evaluation mode. */
export interface Folded {
  readonly filter: tf.Tensor4D;
  readonly bias: tf.Tensor1D;
}

/** Weights `<conv>.weight` and `<bn>.{weight,bias,running_mean,running_var}`. */
export function convolution(p: Parameters, spec: ConvSpec, trainable: boolean): Convolution {
  const { conv, bn, kernel, input, output } = spec;
  const filter = p.scope(conv).add('weight', [kernel, kernel, input, output], heUniform, trainable);
  return { spec, filter, bn: batchNorm(p.scope(bn), output, trainable) };
}

/** Folds the running statistics into the filter; differentiable. */
export function fold({ filter, bn }: Convolution): Folded {
  const { scale, shift } = affine(bn);
  return { filter: tf.mul(filter, scale) as tf.Tensor4D, bias: shift as tf.Tensor1D };
}

/** {@link fold} as plain arrays, the filter still `[k, k, in, out]`; no tensors, so that no backend slows it down. */
export function foldedValues({ filter, bn }: Convolution): { filter: Float32Array; bias: Float32Array } {
  const read = (v: tf.Variable) => v.dataSync<'float32'>();
  const [weight, shift, mean, variance] = [bn.weight, bn.bias, bn.mean, bn.variance].map(read);
  const scale = weight.map((w, o) => w / Math.sqrt(variance[o] + EPSILON));
  const values = read(filter).slice();
  for (let i = 0; i < values.length; i += scale.length) {
    for (let o = 0; o < scale.length; o++) values[i + o] *= scale[o];
  }
  return { filter: values, bias: shift.map((b, o) => b - mean[o] * scale[o]) };
}

/** Convolution, batch norm in evaluation mode and, if asked for, ReLU. */
export function applyFolded(
  spec: ConvSpec,
  { filter, bias }: Folded,
  x: tf.Tensor4D,
  relu: boolean,
): tf.Tensor4D {
  const { stride } = spec;
  return tf.fused.conv2d({
    x,
    filter,
    strides: stride,
    pad: pad(spec),
    bias,
    activation: relu ? 'relu' : 'linear',
  });
}

/** Convolution, batch norm in training mode and, if asked for, ReLU. */
export function applyTraining({ spec, filter, bn }: Convolution, x: tf.Tensor4D, relu: boolean): tf.Tensor4D {
  const y = normaliseBatch(bn, tf.conv2d(x, filter as unknown as tf.Tensor4D, spec.stride, pad(spec)));
  return relu ? tf.relu(y) : y;
}

/** Padding on each side: PyTorch's is symmetric, where `same` would put an odd pixel at the end. */
const pad = ({ kernel }: ConvSpec): number => (kernel - 1) / 2;

/** He et al. 2015 with torchvision's fan (out · k · k): uniform in ±√(6 / fan). */
const heUniform: Initializer = (shape, random) => {
  const [kh, kw, input, output] = shape;
  const values = new Float32Array(kh * kw * input * output);
  const bound = Math.sqrt(6 / (output * kh * kw));
  for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.next() - 1);
  return values;
};
