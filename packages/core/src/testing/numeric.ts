import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from '../contracts/module';
import { valueAndGradients } from '../optimizer/value-and-gradients';
import type { Random } from '../random';
import { assignValues } from '../weights';

/** Largest absolute difference, divided by the reference's size where that is above 1; NaN counts as infinite. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst;
}

/**
 * Largest absolute difference, divided by the largest size of the reference or by `floor` where that is larger: one scale
 * a tensor, as the reference values of published equations are compared. Other lengths and NaN count as infinite.
 */
export function errorOfTensor(actual: ArrayLike<number>, expected: ArrayLike<number>, floor: number): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [worst, scale] = [0, floor];
  for (let i = 0; i < actual.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]));
    const error = Math.abs(actual[i] - expected[i]);
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst / scale;
}

/**
 * Relative difference between the exact derivative along one random direction in the space of all trainable
 * parameters and its central difference; the best of several step sizes, since float32 and kinks of ReLU
 * limit each of them. Below 1e-2 is right; a wrong gradient gives 0.1 or more.
 */
export function gradientError(loss: () => tf.Scalar, parameters: NamedParameters, random: Random): number {
  const trainable = [...parameters].filter(([, variable]) => variable.trainable);
  const { value, gradients } = valueAndGradients(loss, parameters);
  value.dispose();
  const start = trainable.map(([, v]) => (v.dataSync() as Float32Array).slice());
  const direction = start.map((w) => Float32Array.from(w, () => random.normal()));
  let exact = 0;
  trainable.forEach(([name], k) => {
    const gradient = gradients.get(name)?.dataSync();
    if (gradient) for (let i = 0; i < gradient.length; i++) exact += gradient[i] * direction[k][i];
  });
  for (const gradient of gradients.values()) gradient.dispose();

  const valueAt = (h: number): number => {
    trainable.forEach(([, v], k) => {
      assignValues(
        v,
        start[k].map((w, i) => w + h * direction[k][i]),
      );
    });
    const scalar = tf.tidy(loss);
    const [x] = scalar.dataSync();
    scalar.dispose();
    return x;
  };
  const errors = [3e-2, 1e-2, 3e-3, 1e-3, 3e-4].map((h) => {
    const numeric = (valueAt(h) - valueAt(-h)) / (2 * h);
    return Math.abs(numeric - exact) / Math.max(Math.abs(exact), 1e-3);
  });
  valueAt(0);
  return Math.min(...errors);
}

/** Tensors that `run` leaves behind; its own result is disposed. */
export function leakedTensors(run: () => unknown): number {
  const before = tf.memory().numTensors;
  tf.dispose(run() as tf.TensorContainer);
  return tf.memory().numTensors - before;
}

/** A tensor of standard normal values. */
export function randomTensor<R extends tf.Rank>(shape: tf.ShapeMap[R], random: Random): tf.Tensor<R> {
  const size = (shape as number[]).reduce((n, s) => n * s, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
    'float32',
  );
}

/** A tensor of 0 and 1, each 1 with probability `rate`. */
export function randomMask<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  rate: number,
  random: Random,
): tf.Tensor<R> {
  const size = (shape as number[]).reduce((n, s) => n * s, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => (random.next() < rate ? 1 : 0)),
    shape,
    'float32',
  );
}
